// Command idlewild follows IMAP mailboxes for ever: see idlewild --help.
package main

import (
	"os"

	"github.com/idlewild-mail/idlewild/cmd/idlewild/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
