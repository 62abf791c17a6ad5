module github.com/idlewild-mail/idlewild

go 1.26.0
