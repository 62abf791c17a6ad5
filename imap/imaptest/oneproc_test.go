package imaptest

import _ "github.com/idlewild-mail/idlewild/test/oneproc" // synctest under the race detector
