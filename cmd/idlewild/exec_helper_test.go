package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
)

// hookHelper is the command of --exec in these tests. It appends the event that
// it got to a file, which the tests can wait for.
func hookHelper(what string, args []string) int {
	text, _ := io.ReadAll(os.Stdin)
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil || fmt.Sprint(v["uid"]) != os.Getenv("IDLEWILD_UID") || v["id"] != os.Getenv("IDLEWILD_ID") {
		fmt.Printf("stdin and environment are not as promised: %v, %s, %q\n", err, text, os.Environ())
		return 0
	}
	if password, found := os.LookupEnv("IDLEWILD_PASSWORD"); found {
		fmt.Println("the password is told:", password)
		return 0
	}
	record := func() {
		f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			_, _ = f.Write(text)
			_ = f.Close()
		}
	}
	switch what {
	case "record":
		record()
	case "poison": // one message fails always
		if os.Getenv("IDLEWILD_UID") == "2" {
			fmt.Println("I do not like \x1b[31mthis")
			return 1
		}
		record()
	case "hang": // one message takes for ever
		record()
		if os.Getenv("IDLEWILD_UID") == "2" {
			select {}
		}
	case "slow": // a message takes until a file is gone
		record()
		for {
			if _, err := os.Stat(args[1]); err != nil {
				return 0
			}
			runtime.Gosched()
		}
	}
	return 0
}
