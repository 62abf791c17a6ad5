package watch

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrReauthorize says that no access token is to be had until the user permits
// it anew: the permission was withdrawn, or has run out, or the program's own
// registration is not accepted. errors.Is finds it in a [TokenError]; what
// [Tokens.Refresh] returns may also wrap it.
var ErrReauthorize = errors.New("the user has to permit access again")

// TokenError is why the token endpoint gave no access token. [Tokens.Refresh]
// should return one, so that the watcher knows what to do: golang.org/x/oauth2,
// for instance, has it all in its RetrieveError.
type TokenError struct {
	Code       string        // OAuth's error, such as "invalid_grant" (RFC 6749 §5.2); "": none
	Status     int           // of HTTP; 0: there was no answer
	RetryAfter time.Duration // from the header of that name; 0: none
	Err        error         // what else there is to say; it must not hold secrets. May be nil
}

func (e *TokenError) Error() string {
	var said []string
	if e.Code != "" {
		said = append(said, clean(e.Code))
	}
	if e.Status != 0 {
		said = append(said, fmt.Sprint("HTTP ", e.Status))
	}
	if e.Err != nil {
		said = append(said, e.Err.Error())
	}
	s := "watch: no access token: " + strings.Join(said, ", ")
	if e.class() == ClassReauthorize {
		s += ": " + ErrReauthorize.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrReauthorize) say whether the user has to do
// something.
func (e *TokenError) Is(target error) bool {
	return target == ErrReauthorize && e.class() == ClassReauthorize
}

// tokenRows say what OAuth's errors mean; the first that fits counts.
var tokenRows = []struct {
	code  string // "": any
	from  int    // the lowest and
	to    int    // the highest HTTP status; 0 and 0: any
	class Class
	link  string
}{
	{"invalid_grant", 0, 0, ClassReauthorize, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"},
	{"invalid_client", 0, 0, ClassReauthorize, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"},
	{"unauthorized_client", 0, 0, ClassReauthorize, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"},
	{"access_denied", 0, 0, ClassReauthorize, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1"},
	{"expired_token", 0, 0, ClassReauthorize, "https://www.rfc-editor.org/rfc/rfc8628#section-3.5"},
	{"interaction_required", 0, 0, ClassReauthorize, "https://openid.net/specs/openid-connect-core-1_0.html#AuthError"},
	{"consent_required", 0, 0, ClassReauthorize, "https://openid.net/specs/openid-connect-core-1_0.html#AuthError"},
	{"login_required", 0, 0, ClassReauthorize, "https://openid.net/specs/openid-connect-core-1_0.html#AuthError"},
	{"slow_down", 0, 0, ClassLimit, "https://www.rfc-editor.org/rfc/rfc8628#section-3.5"},
	{"", 429, 429, ClassLimit, "https://www.rfc-editor.org/rfc/rfc6585#section-4"},
	{"temporarily_unavailable", 0, 0, ClassOutage, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1"},
	{"server_error", 0, 0, ClassOutage, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1"},
	{"", 500, 599, ClassOutage, "https://www.rfc-editor.org/rfc/rfc9110#section-15.6"},
	{"", 408, 408, ClassOutage, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9"},
	{"", 401, 401, ClassReauthorize, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"},
	{"invalid_request", 0, 0, ClassPermanent, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"},
	{"invalid_scope", 0, 0, ClassPermanent, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"},
	{"unsupported_grant_type", 0, 0, ClassPermanent, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"},
	{"", 400, 499, ClassPermanent, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5"},
}

func (e *TokenError) class() Class {
	for _, r := range tokenRows {
		anyStatus := r.from == 0
		if (r.code == "" || r.code == strings.ToLower(e.Code)) && (anyStatus || r.from <= e.Status && e.Status <= r.to) {
			return r.class
		}
	}
	return ClassOutage
}

// clean returns text of somebody else's fit for an error.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), 100)])
}

// noToken is an error of Refresh.
type noToken struct {
	error
	news <-chan struct{} // closed when there is something new
}

func (e *noToken) Unwrap() error { return e.error }

// newsOf returns a channel that is closed when an attempt is worth it although its
// time has not come; nil: there is no such channel.
func newsOf(err error) <-chan struct{} {
	if e, ok := errors.AsType[*noToken](err); ok {
		return e.news
	}
	return nil
}
