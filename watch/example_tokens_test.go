package watch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/watch"
)

// An account whose server wants access tokens. The refresh token was got before,
// when the user has permitted access with a browser.
func ExampleTokens() {
	const endpoint = "https://oauth2.example.org/token"
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"me"}, "refresh_token": {"from the keyring"}}

	refresh := func(ctx context.Context) (watch.Token, error) {
		ask, err := http.NewRequestWithContext(ctx, "POST", endpoint, strings.NewReader(form.Encode()))
		if err != nil {
			return watch.Token{}, err
		}
		ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(ask)
		if err != nil {
			return watch.Token{}, &watch.TokenError{Err: err}
		}
		defer answer.Body.Close()
		var said struct {
			Token   string `json:"access_token"`
			Expires int    `json:"expires_in"`
			Error   string `json:"error"`
		}
		_ = json.NewDecoder(answer.Body).Decode(&said)
		if said.Token == "" {
			wait, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
			return watch.Token{}, &watch.TokenError{
				Code: said.Error, Status: answer.StatusCode, RetryAfter: time.Duration(wait) * time.Second,
			}
		}
		life := time.Duration(said.Expires) * time.Second
		return watch.Token{Value: said.Token, Expiry: time.Now().Add(life)}, nil
	}

	tokens := &watch.Tokens{User: "alice@example.org", Refresh: refresh}
	w := &watch.Watcher{
		Account: "alice@example.org",
		Dial:    watch.LoginWith("imap.example.org", tokens.Credentials, nil),
	}
	for batch, err := range w.Watch(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range batch.Events {
			if e, ok := e.(watch.Reauthorize); ok {
				fmt.Println("please sign in again:", e.Err)
				// … and then: tokens.Set(watch.Token{Value: …})
			}
		}
	}
}
