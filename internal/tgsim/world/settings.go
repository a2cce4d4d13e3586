package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// settings are what admins can change of a channel beside its name and its members.
type settings struct {
	signatures, profiles, preHistoryHidden, forum, noForwards, antiSpam, autotranslation bool
	joinToSend, joinRequest                                                              bool
	photo                                                                                int64
	// defaults are what members may not do; nil is what a new group has.
	defaults *tg.ChatBannedRights
	version  int // of defaults
}

// rights returns what members may not do.
func (s *settings) rights() tg.ChatBannedRights {
	if s.defaults == nil {
		return tg.ChatBannedRights{ChangeInfo: true, PinMessages: true}
	}
	return *s.defaults
}

// adorn shows the settings in the channel's face.
func (c *channel) adorn(ch *tg.Channel) {
	s := &c.set
	ch.Signatures, ch.SignatureProfiles = s.signatures, s.profiles
	ch.Forum, ch.Noforwards, ch.Autotranslation = s.forum, s.noForwards, s.autotranslation
	ch.JoinToSend, ch.JoinRequest, ch.SlowmodeEnabled = s.joinToSend, s.joinRequest, c.slow.seconds > 0
	if !c.broadcast {
		ch.SetDefaultBannedRights(s.rights())
	}
	if s.photo != 0 {
		ch.Photo = &tg.ChatPhoto{PhotoID: s.photo, DCID: photoDC}
	}
}

// photoDC is the data center that photos are said to be in.
const photoDC = 2

// adornFull shows the settings, and what waits for admins, in the channel's description.
func (c *channel) adornFull(full *tg.ChannelFull, viewer UserID) {
	full.HiddenPrehistory, full.Antispam = c.set.preHistoryHidden, c.set.antiSpam
	full.ChatPhoto = photo(c.set.photo, c.created)
	if c.door.guard != 0 {
		full.SetGuardBotID(int64(c.door.guard))
	}
	if !c.decides(viewer) {
		return
	}
	full.SetExportedInvite(c.ownLink(viewer).exported())
	if len(c.asking) == 0 {
		return
	}
	full.SetRequestsPending(len(c.asking))
	var recent []int64
	for _, u := range c.recentRequesters() {
		recent = append(recent, int64(u))
	}
	full.SetRecentRequesters(recent)
}

// photo returns a photo that nobody can download; 0 is none.
func photo(id int64, date int32) tg.PhotoClass {
	if id == 0 {
		return &tg.PhotoEmpty{}
	}
	return &tg.Photo{
		ID: id, AccessHash: int64(mix(uint64(id))), FileReference: []byte{1}, Date: int(date), DCID: photoDC,
		Sizes: []tg.PhotoSizeClass{&tg.PhotoSize{Type: "m", W: 320, H: 320, Size: 9_000}},
	}
}

// toggle is a setting that is on or off: where it is kept, how the log tells of it, and for which chats it is.
type toggle struct {
	where     func(*channel) *bool
	kind      logKind // 0: the log does not tell
	say       func(on bool) tg.ChannelAdminLogEventActionClass
	ban       bool // needs the right to ban, not the one to change the group
	broadcast bool // is for channels only
	group     bool // is for groups only
}

// toggles are the settings by the names that Toggle takes.
var toggles = map[string]toggle{
	"signatures": {
		where: func(c *channel) *bool { return &c.set.signatures }, kind: logToggleSignatures, broadcast: true,
		say: func(on bool) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionToggleSignatures{NewValue: on}
		},
	},
	"signature-profiles": {
		where: func(c *channel) *bool { return &c.set.profiles }, kind: logToggleSignatureProfiles, broadcast: true,
		say: func(on bool) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionToggleSignatureProfiles{NewValue: on}
		},
	},
	"pre-history-hidden": {
		where: func(c *channel) *bool { return &c.set.preHistoryHidden }, kind: logTogglePreHistoryHidden, group: true,
		say: func(on bool) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionTogglePreHistoryHidden{NewValue: on}
		},
	},
	"forum": {
		where: func(c *channel) *bool { return &c.set.forum }, kind: logToggleForum, group: true,
		say: func(on bool) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionToggleForum{NewValue: on}
		},
	},
	"no-forwards": {
		where: func(c *channel) *bool { return &c.set.noForwards }, kind: logToggleNoForwards,
		say: func(on bool) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionToggleNoForwards{NewValue: on}
		},
	},
	"anti-spam": {
		where: func(c *channel) *bool { return &c.set.antiSpam }, kind: logToggleAntiSpam, ban: true, group: true,
		say: func(on bool) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionToggleAntiSpam{NewValue: on}
		},
	},
	"autotranslation": {
		where: func(c *channel) *bool { return &c.set.autotranslation }, kind: logToggleAutotranslation,
		say: func(on bool) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionToggleAutotranslation{NewValue: on}
		},
	},
	"join-to-send": {where: func(c *channel) *bool { return &c.set.joinToSend }, ban: true, group: true},
	"join-request": {where: func(c *channel) *bool { return &c.set.joinRequest }, ban: true, group: true},
}

// Toggle switches one of the channel's settings on or off.
func (w *World) Toggle(by UserID, id ChannelID, name string, on bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, ok := toggles[name]
	if !ok {
		return refuse(400, "INPUT_METHOD_INVALID")
	}
	c, err := w.lead(by, id, func(r tg.ChatAdminRights) bool { return t.ban && r.BanUsers || !t.ban && r.ChangeInfo })
	switch {
	case err != nil:
		return err
	case t.broadcast && !c.broadcast, t.group && c.broadcast:
		return refuse(400, "CHAT_ID_INVALID")
	case *t.where(c) == on:
		return refuse(400, "CHAT_NOT_MODIFIED")
	}
	if w.toggle(c, by, t, on); t.kind == 0 { // else the watcher hears of it with the log
		w.tellWatcherOfSetting(c, by, name, on)
	}
	return nil
}

func (w *World) toggle(c *channel, by UserID, t toggle, on bool) {
	*t.where(c) = on
	if t.kind != 0 {
		w.tellLog(c, by, t.kind, detail{say: func(UserID) tg.ChannelAdminLogEventActionClass { return t.say(on) }})
	}
	w.changed(c)
}

// changed pushes to members that the channel has changed, with its new face.
func (w *World) changed(c *channel) {
	for _, u := range w.clients() {
		if c.isIn(u) {
			w.push(u, &tg.Updates{
				Updates: []tg.UpdateClass{&tg.UpdateChannel{ChannelID: int64(c.id)}}, Chats: []tg.ChatClass{w.view(u, c)},
			})
		}
	}
}

// slowModes are what slow mode can be set to, in seconds.
var slowModes = []int{0, 10, 30, 60, 300, 900, 3600}

// ToggleSlowMode has everybody but admins wait so many seconds between two messages in the group; 0 ends it.
func (w *World) ToggleSlowMode(by UserID, id ChannelID, seconds int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.lead(by, id, func(r tg.ChatAdminRights) bool { return r.BanUsers })
	switch {
	case err != nil:
		return err
	case c.broadcast:
		return refuse(400, "CHAT_ID_INVALID")
	case !slices.Contains(slowModes, seconds):
		return refuse(400, "SECONDS_INVALID")
	case int(c.slow.seconds) == seconds:
		return refuse(400, "CHAT_NOT_MODIFIED")
	}
	w.slowDown(c, by, seconds)
	return nil
}

func (w *World) slowDown(c *channel, by UserID, seconds int) {
	was := int(c.slow.seconds)
	c.slow = slowMode{seconds: int32(seconds), last: make(map[UserID]int32)}
	w.tellLog(c, by, logToggleSlowMode, detail{say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionToggleSlowMode{PrevValue: was, NewValue: seconds}
	}})
	w.changed(c)
}

// SetDefaultRights says what members may not do. Seeing the group cannot be taken from everybody.
func (w *World) SetDefaultRights(by UserID, id ChannelID, r tg.ChatBannedRights) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.lead(by, id, func(r tg.ChatAdminRights) bool { return r.BanUsers })
	r.Flags = 0
	switch {
	case err != nil:
		return err
	case c.broadcast:
		return refuse(400, "CHAT_ID_INVALID")
	case r.UntilDate != 0 && r.UntilDate != forever:
		return refuse(400, "UNTIL_DATE_INVALID")
	case r.ViewMessages:
		return refuse(406, "BANNED_RIGHTS_INVALID")
	}
	r.UntilDate = 0
	if r == c.set.rights() {
		return refuse(400, "CHAT_NOT_MODIFIED")
	}
	w.setDefaults(c, by, r)
	return nil
}

func (w *World) setDefaults(c *channel, by UserID, r tg.ChatBannedRights) {
	was := c.set.rights()
	c.set.defaults = &r
	c.set.version++
	w.tellLog(c, by, logDefaultBannedRights, detail{say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionDefaultBannedRights{PrevBannedRights: was, NewBannedRights: r}
	}})
	for _, u := range w.clients() {
		if c.isIn(u) {
			w.push(u, &tg.Updates{
				Updates: []tg.UpdateClass{&tg.UpdateChatDefaultBannedRights{
					Peer: c.peer().tgPeer(), DefaultBannedRights: r, Version: c.set.version,
				}},
				Chats: []tg.ChatClass{w.view(u, c)},
			})
		}
	}
}
