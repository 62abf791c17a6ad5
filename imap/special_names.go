package imap

// specialNames returns what mailboxes with a special use are called, the most
// usual names first: English, and then other languages as mail programs and
// providers have them. In lower case; a name stands for one use only.
func specialNames() map[SpecialUse][]string {
	return map[SpecialUse][]string{
		SpecialSent:      sentNames(),
		SpecialDrafts:    draftsNames(),
		SpecialTrash:     trashNames(),
		SpecialJunk:      junkNames(),
		SpecialArchive:   archiveNames(),
		SpecialAll:       {"all mail", "all messages", "alle nachrichten", "tous les messages", "todos", "todos os e-mails", "tutti i messaggi", "alle e-mails", "alle berichten", "alle mails", "kaikki viestit", "wszystkie", "všechny zprávy", "všetky správy", "összes levél", "toate mesajele", "вся почта", "уся пошта", "όλα τα μηνύματα", "tüm postalar", "כל הדואר", "كل البريد", "所有邮件", "所有郵件", "すべてのメール", "전체보관함"},
		SpecialFlagged:   {"flagged", "starred", "markiert", "gekennzeichnet", "suivis", "messages suivis", "destacados", "com estrela", "speciali", "con stella", "met ster", "stjernemarkeret", "stjärnmärkt", "stjernemerket", "tähdellä merkityt", "oznaczone gwiazdką", "s hvězdičkou", "s hviezdičkou", "csillagozott", "cu stea", "помеченные", "із зірочкою", "με αστέρι", "yıldızlı", "מסומן בכוכב", "مميز بنجمة", "已加星标", "已加星號", "スター付き", "별표편지함"},
		SpecialImportant: {"important", "wichtig", "importants", "importantes", "importante", "belangrijk", "vigtigt", "viktigt", "viktig", "tärkeää", "ważne", "důležité", "dôležité", "fontos", "важное", "важливо", "σημαντικά", "önemli", "חשוב", "مهم", "重要邮件", "重要郵件", "重要", "중요편지함"},
	}
}

func sentNames() []string {
	return []string{
		"sent", "sent items", "sent mail", "sent messages", "sent-mail", "sent_items", "sentmail", "sent objects", "sentbox",
		"gesendet", "gesendete objekte", "gesendete elemente", "gesendete nachrichten", "gesendete e-mails", "gesendete", // de
		"envoyés", "éléments envoyés", "messages envoyés", "objets envoyés", "courrier envoyé", "envoyé", // fr
		"enviados", "elementos enviados", "mensajes enviados", "correo enviado", // es
		"itens enviados", "mensagens enviadas", "e-mails enviados", "enviadas", // pt
		"posta inviata", "inviati", "inviata", "elementi inviati", "messaggi inviati", // it
		"verzonden", "verzonden items", "verzonden berichten", "verstuurd", // nl
		"sendt", "sendt post", "sendte elementer", "sendte", "sendte beskeder", "sendte meldinger", // da, no
		"skickat", "skickade objekt", "skickade", "skickade meddelanden", // sv
		"lähetetyt", "lähetetyt viestit", // fi
		"wysłane", "elementy wysłane", "wiadomości wysłane", // pl
		"odeslané", "odeslaná pošta", "odeslaná", "odeslané zprávy", "odoslané", "odoslaná pošta", "odoslané správy", // cs, sk
		"elküldött", "elküldött elemek", "elküldött üzenetek", "elküldött levelek", // hu
		"trimise", "elemente trimise", "mesaje trimise", // ro
		"отправленные", "отправленное", "исходящие", "надіслані", "відправлені", "изпратени", // ru, uk, bg
		"απεσταλμένα", "σταλθέντα", "gönderilmiş öğeler", "gönderilenler", "gönderilmiş postalar", "gönderilmiş", // el, tr
		"poslano", "poslane poruke", "poslato", "послато", "saadetud", "išsiųsta", "išsiųstos", "nosūtītie", "enviats", "elements enviats", // hr, sl, sr, et, lt, lv, ca
		"נשלח", "דואר שנשלח", "פריטים שנשלחו", "البريد المرسل", "المرسلة", "العناصر المرسلة", "الرسائل المرسلة",
		"已发送", "已发送邮件", "已傳送", "已发邮件", "寄件備份", "已傳送的郵件", "寄件匣", "送信済み", "送信済みアイテム", "送信済みメール", "送信控", "보낸 편지함", "보낸편지함", "보낸메일함", "보낸 메일함",
		"đã gửi", "thư đã gửi", "รายการที่ถูกส่ง", "จดหมายที่ส่งแล้ว", "terkirim", "item terkirim",
	}
}

func draftsNames() []string {
	return []string{
		"drafts", "draft", "draft messages", "draftbox",
		"entwürfe", "entwurf", "brouillons", "brouillon", "borradores", "borrador", "rascunhos", "rascunho", "bozze", "bozza",
		"concepten", "concept", "kladder", "kladde", "utkast", "luonnokset", "szkice", "kopie robocze", "robocze",
		"koncepty", "rozepsané", "rozepsané zprávy", "rozpísané", "piszkozatok", "vázlatok", "ciorne", "schițe",
		"черновики", "чернетки", "чернови", "πρόχειρα", "taslaklar", "nedovršeno", "skice", "osnutki", "nacrti", "недовршено",
		"mustandid", "juodraščiai", "melnraksti", "esborranys", "טיוטות", "المسودات", "مسودات",
		"草稿", "草稿箱", "草稿夹", "草稿匣", "下書き", "임시 보관함", "임시보관함", "bản nháp", "thư nháp", "ร่าง", "จดหมายร่าง", "draf", "konsep",
	}
}

func trashNames() []string {
	return []string{
		"trash", "deleted items", "deleted messages", "deleted", "bin", "wastebasket", "rubbish", "trashcan", "deleted-messages", "recycle bin",
		"papierkorb", "gelöschte objekte", "gelöschte elemente", "gelöscht", "gelöschte nachrichten", "mülleimer",
		"corbeille", "éléments supprimés", "messages supprimés", "supprimés", "papelera", "papelera de reciclaje", "elementos eliminados", "eliminados", "mensajes eliminados",
		"lixo", "lixeira", "itens excluídos", "itens eliminados", "reciclagem", "mensagens excluídas", "cestino", "posta eliminata", "elementi eliminati", "eliminati",
		"prullenbak", "prullenmand", "verwijderde items", "verwijderd", "papirkurv", "slettet post", "slettede elementer", "slettet", "slettede meldinger", "papperskorgen", "papperskorg", "borttaget", "borttagna objekt",
		"roskakori", "poistetut", "poistetut viestit", "kosz", "elementy usunięte", "usunięte", "koš", "odstraněná pošta", "odstraněné", "kôš", "odstránená pošta", "vymazané",
		"kuka", "lomtár", "törölt elemek", "törölt", "coș", "coș de gunoi", "elemente șterse", "gunoi", "корзина", "удаленные", "удалённые", "удаленное", "кошик", "видалені", "кошче", "изтрити",
		"κάδος απορριμμάτων", "απορρίμματα", "διαγραμμένα", "çöp kutusu", "silinmiş öğeler", "çöp", "silinenler", "smeće", "otpad", "koš za smeće", "smeti", "смеће",
		"prügikast", "kustutatud", "šiukšlinė", "šiukšliadėžė", "miskaste", "atkritne", "paperera", "elements suprimits",
		"אשפה", "פריטים שנמחקו", "סל מיחזור", "سلة المهملات", "المهملات", "المحذوفات", "العناصر المحذوفة",
		"已删除", "已删除邮件", "废件箱", "垃圾箱", "废纸篓", "刪除的郵件", "已刪除", "垃圾桶", "回收筒", "ごみ箱", "ゴミ箱", "削除済みアイテム", "휴지통", "지운 편지함", "지운편지함", "삭제된 편지함",
		"thùng rác", "đã xóa", "ถังขยะ", "sampah", "tempat sampah", "item terhapus",
	}
}

func junkNames() []string {
	return []string{
		"junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "bulk", "junk-e-mail", "junkmail", "spambox", "spam mail",
		"spamverdacht", "werbung", "unerwünscht", "junk-mail", "courrier indésirable", "indésirables", "pourriel", "pourriels", "correo no deseado", "no deseado", "correo basura",
		"lixo eletrônico", "lixo electrónico", "e-mail de lixo", "posta indesiderata", "indesiderata", "ongewenste e-mail", "ongewenst", "reclame",
		"uønsket", "uønsket post", "uønsket e-post", "uønsket mail", "søppelpost", "skräppost", "roskaposti", "wiadomości-śmieci", "niechciane", "wiadomości śmieci",
		"nevyžádaná pošta", "nevyžádané", "nevyžiadaná pošta", "nevyžiadané", "levélszemét", "kéretlen", "mesaje nedorite", "спам", "нежелательная почта", "небажана пошта", "нежелана поща",
		"ανεπιθύμητα", "ανεπιθύμητη αλληλογραφία", "istenmeyen", "önemsiz", "önemsiz e-posta", "istenmeyen e-posta", "neželjena pošta", "neželena pošta", "непожељно",
		"rämpspost", "brukalas", "nepageidaujami laiškai", "mēstules", "correu brossa",
		"דואר זבל", "ספאם", "البريد غير الهام", "البريد المزعج", "بريد مزعج", "الرسائل غير المرغوب فيها",
		"垃圾邮件", "垃圾郵件", "广告邮件", "迷惑メール", "迷惑メールフォルダ", "スパム", "스팸", "스팸함", "스팸편지함", "스팸메일함", "정크 메일", "thư rác", "อีเมลขยะ", "จดหมายขยะ", "สแปม",
	}
}

func archiveNames() []string {
	return []string{
		"archive", "archives", "archived", "archiv", "archivierte elemente", "archiviert", "archivo", "archivados", "archivadas", "arquivo", "arquivo morto", "arquivados", "arquivar",
		"archivio", "archiviati", "archief", "arkiv", "arkisto", "archiwum", "archív", "archívum", "archiválás", "arhivă", "arhiva", "arhiv", "архив", "архів", "архива",
		"αρχείο", "αρχειοθήκη", "arşiv", "arhiiv", "archyvas", "arhīvs", "arxiu", "ארכיון", "الأرشيف", "أرشيف", "归档", "存档", "封存", "存檔", "アーカイブ", "보관", "보관함", "보관 편지함", "lưu trữ", "เก็บถาวร", "ที่เก็บถาวร", "arsip",
	}
}
