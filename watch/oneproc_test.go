package watch_test

import _ "github.com/idlewild-mail/idlewild/test/oneproc" // synctest under the race detector
