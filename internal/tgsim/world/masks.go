package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// EditBannedChannel bans a channel that people write as, or lifts that. There is nothing between the two. No bot is told:
// its update names people only.
func (w *World) EditBannedChannel(by UserID, of, id ChannelID, rights tg.ChatBannedRights) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.lead(by, id, func(r tg.ChatAdminRights) bool { return r.BanUsers })
	now := w.now()
	i := -1
	if err == nil {
		i = slices.IndexFunc(c.channelBans, func(b channelBan) bool { return b.channel == of })
	}
	lift := noRestriction(rights)
	switch {
	case err != nil:
		return err
	case w.channels[of] == nil, of == id:
		return refuse(400, "PARTICIPANT_ID_INVALID")
	case !lift && !rights.ViewMessages:
		return refuse(406, "BANNED_RIGHTS_INVALID")
	case lift == (i < 0):
		return nil
	}
	ev := logEvent{date: now, kind: logToggleBan, actor: by}
	left := func() tg.ChannelParticipantClass {
		return &tg.ChannelParticipantLeft{Peer: (peer{kindChannel, int64(of)}).tgPeer()}
	}
	var barred ban
	if lift {
		barred = c.channelBans[i].ban
		c.channelBans = slices.Delete(slices.Clone(c.channelBans), i, i+1)
		ev.prev.ban = &barred
	} else {
		rights.Flags = 0
		until := normalUntil(int32(max(0, min(rights.UntilDate, forever))), now)
		rights.UntilDate = 0
		barred = ban{by: by, date: now, until: until, rights: rights}
		c.channelBans = append(slices.Clone(c.channelBans), channelBan{of, barred})
		ev.next.ban = &barred
	}
	row := func() tg.ChannelParticipantClass { return barred.rowOf(of) }
	ev.detail = &detail{chats: []ChannelID{of}, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		if lift {
			return &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: row(), NewParticipant: left()}
		}
		return &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: left(), NewParticipant: row()}
	}}
	c.enlog(w, ev)
	return nil
}

// rowOf returns the participant that a banned channel is.
func (b *ban) rowOf(of ChannelID) *tg.ChannelParticipantBanned {
	return &tg.ChannelParticipantBanned{
		Left: true, Peer: (peer{kindChannel, int64(of)}).tgPeer(), KickedBy: int64(b.by), Date: int(b.date),
		BannedRights: b.bannedRights(),
	}
}
