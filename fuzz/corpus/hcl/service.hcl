/* two services, one with checks */
service {
  name = "web" id = "web-1"
  port = 8080
  tags = ["v1", "primary",]
  meta = { "a.b" = "c${x("y")}", n = "1" }
  checks = [
    { id = "h", http = "http://localhost:8080/health", interval = "10s", tls_skip_verify = true },
    { id = "t", tcp = "localhost:8080", interval = "5s" } // the last
  ]
  weights { passing = 10 warning = 0x1 }
}
service { name = "db" check { ttl = "30s" } enable_tag_override = false }
