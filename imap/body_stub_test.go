package imap

func bodyData(b *Body) []byte { return b.data }
