package test

// extensions are the rows of docs/extensions.md.
var extensions = []extension{
	{name: "IMAP4rev1", rfc: "3501", api: "Dial, Client.Select, Mailbox.Fetch, Mailbox.Search, Mailbox.Store, Client.Append"},
	{name: "ENABLE", rfc: "5161", api: "Client.Enable, Client.Enabled"},
	{name: "ID", rfc: "2971", api: "Client.ID, Client.ServerID"},
	{name: "IDLE", rfc: "2177", api: "Mailbox.Idle, Mailbox.IdleBursts"},
	{name: "MOVE", rfc: "6851", api: "Mailbox.Move"},
	{name: "NAMESPACE", rfc: "2342", api: "Client.Namespace"},
	{name: "UIDPLUS", rfc: "4315", api: "Mailbox.ExpungeUIDs, AppendResult, CopyResult"},
	{name: "UNSELECT", rfc: "3691", api: "Mailbox.Unselect"},
}
