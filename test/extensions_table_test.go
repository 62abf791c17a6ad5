package test

// extensions are the rows of docs/extensions.md.
var extensions = []extension{
	{name: "IMAP4rev1", rfc: "3501", api: "Dial, Client.Select, Mailbox.Fetch, Mailbox.Search, Mailbox.Store, Client.Append"},
	{name: "ACL", rfc: "4314", api: "Client.SetACL, Client.GetACL, Client.DeleteACL, Client.MyRights, Client.ListRights"},
	{name: "ANNOTATE-EXPERIMENT-1", rfc: "5257", api: "FetchOptions.Annotations, Mailbox.StoreAnnotations"},
	{name: "BINARY", rfc: "3516", api: "Section.Binary, FetchOptions.BinarySizes, AppendOptions.Binary"},
	{name: "CATENATE", rfc: "4469", api: "Client.Catenate, MessageURL"},
	{name: "CONDSTORE", rfc: "7162", api: "SelectOptions.CondStore, FetchOptions.ChangedSince, StoreOptions.UnchangedSince"},
	{name: "ENABLE", rfc: "5161", api: "Client.Enable, Client.Enabled"},
	{name: "ID", rfc: "2971", api: "Client.ID, Client.ServerID"},
	{name: "IDLE", rfc: "2177", api: "Mailbox.Idle, Mailbox.IdleBursts"},
	{name: "METADATA", rfc: "5464", api: "Client.GetMetadata, Client.SetMetadata, MetadataChanged"},
	{name: "MOVE", rfc: "6851", api: "Mailbox.Move"},
	{name: "MULTIAPPEND", rfc: "3502", api: "Client.AppendAll"},
	{name: "NAMESPACE", rfc: "2342", api: "Client.Namespace"},
	{name: "NOTIFY", rfc: "5465", api: "Client.Notify, Client.Events"},
	{name: "OBJECTID", rfc: "8474", api: "FetchOptions.EmailID, FetchOptions.ThreadID, MailboxStatus.MailboxID"},
	{name: "PREVIEW", rfc: "8970", api: "FetchOptions.Preview, FetchOptions.LazyPreview"},
	{name: "QRESYNC", rfc: "7162", api: "SelectOptions.Resync, Mailbox.Resync, FetchOptions.Vanished"},
	{name: "QUOTA", rfc: "2087, 9208", api: "Client.GetQuota, Client.GetQuotaRoot, Client.SetQuota"},
	{name: "REPLACE", rfc: "8508", api: "Mailbox.Replace", transcripts: "TestReplace"},
	{name: "SAVEDATE", rfc: "8514", api: "FetchOptions.SaveDate"},
	{name: "UIDPLUS", rfc: "4315", api: "Mailbox.ExpungeUIDs, AppendResult, CopyResult"},
	{name: "UNSELECT", rfc: "3691", api: "Mailbox.Unselect"},
	{name: "URLAUTH", rfc: "4467", api: "Client.GenURLAuth, Client.URLFetch, Client.ResetKey, MessageURL", transcripts: "TestGenURLAuth TestURLFetch"},
}
