package world

import "github.com/gotd/td/tg"

// allRights are a creator's.
func allRights() tg.ChatAdminRights {
	return tg.ChatAdminRights{
		ChangeInfo: true, DeleteMessages: true, BanUsers: true, InviteUsers: true, PinMessages: true,
		AddAdmins: true, ManageCall: true, Other: true, ManageTopics: true, ManageRanks: true,
	}
}

// ModeratorRights are an ordinary admin's: everything but making admins.
func ModeratorRights() tg.ChatAdminRights {
	r := allRights()
	r.AddAdmins = false
	return r
}

// botRights are what the companion bot has in the group: enough to hear of members, to ban and to
// make invite links.
func botRights() tg.ChatAdminRights {
	return tg.ChatAdminRights{BanUsers: true, InviteUsers: true, Other: true}
}

// Muted are the rights that a restriction to reading takes away.
func Muted() tg.ChatBannedRights {
	return tg.ChatBannedRights{
		SendMessages: true, SendMedia: true, SendStickers: true, SendGifs: true, SendGames: true,
		SendInline: true, EmbedLinks: true, SendPolls: true, SendPhotos: true, SendVideos: true,
		SendRoundvideos: true, SendAudios: true, SendVoices: true, SendDocs: true, SendPlain: true,
	}
}

// Banned are the rights that a ban takes away: to see the group, and all others with it.
func Banned() tg.ChatBannedRights {
	r := Muted()
	r.ViewMessages = true
	return r
}

// noRestriction says whether r takes nothing away, which lifts a ban.
func noRestriction(r tg.ChatBannedRights) bool {
	r.Flags, r.UntilDate = 0, 0
	return r == tg.ChatBannedRights{}
}

func noRights(r tg.ChatAdminRights) bool {
	r.Flags = 0
	return r == tg.ChatAdminRights{}
}

// bannedRights returns the rights with until_date as the server sends it: forever is the largest
// int, which clients map back to 0.
func (b *ban) bannedRights() tg.ChatBannedRights {
	r := b.rights
	r.Flags, r.UntilDate = 0, int(b.until)
	if b.until == 0 {
		r.UntilDate = forever
	}
	return r
}

const forever = 1<<31 - 1

// normalUntil returns a ban's end as the server keeps it: less than 30 s or more than 366 days
// ahead is forever, which is 0.
func normalUntil(until, now int32) int32 {
	if until < now+30 || until > now+366*24*3600 {
		return 0
	}
	return until
}
