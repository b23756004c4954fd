# what a team may do
key_prefix "app/" { policy = "write" }
key "app/secret" {
  policy = "deny"
}
service_prefix "" { policy = "read" intentions = "read" }
operator = "read", acl = "deny"
