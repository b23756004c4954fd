//go:build tools

// Package server names the program that is built here: a module's `replace` lines forbid `go install`.
package server

import _ "github.com/hashicorp/consul"
