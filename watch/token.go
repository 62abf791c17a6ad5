package watch

import (
	"log/slog"
	"time"
)

// Token is an OAuth 2.0 access token. Printing it does not show it.
type Token struct {
	Value  string
	Expiry time.Time // when it runs out; zero: not known
}

// String hides the value.
func (t Token) String() string {
	if t.Expiry.IsZero() {
		return "an access token"
	}
	return "an access token until " + t.Expiry.Format(time.RFC3339)
}

// GoString hides the value.
func (t Token) GoString() string { return "watch.Token{" + t.String() + "}" }

// LogValue hides the value.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }
