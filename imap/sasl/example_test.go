package sasl_test

import (
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/sasl"
)

func Example() {
	client := sasl.Plain("", "tim", "tanstaaftanstaaf")
	mech, ir, err := client.Start()
	fmt.Printf("%s %q %v\n", mech, ir, err)
	fmt.Println(client)
	// Output:
	// PLAIN "\x00tim\x00tanstaaftanstaaf" <nil>
	// PLAIN [redacted]
}
