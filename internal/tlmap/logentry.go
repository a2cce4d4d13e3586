package tlmap

import (
	"strings"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// LogEntry is an entry of the admin log for the archive. Not ok is one without an id, which is none of Telegram's.
func LogEntry(e tg.ChannelAdminLogEvent) (membership.LogEntry, bool) {
	if e.ID <= 0 {
		return membership.LogEntry{}, false
	}
	l := membership.LogEntry{ID: e.ID, At: date(e.Date), Actor: membership.UserID(max(0, e.UserID))}
	d := deedOf(e.Action)
	l.Kind, l.User, l.Message = d.kind, membership.UserID(max(0, d.user)), max(0, d.message)
	l.Was, l.Text = brief(d.was), brief(d.text)
	switch l.Kind {
	case membership.LogJoined, membership.LogJoinedByLink, membership.LogLeft:
		l.User = l.Actor
	case membership.LogJoinedByRequest: // the approver did it, as the ledger has it
		if l.User, l.Actor = l.Actor, l.User; l.Actor == 0 {
			l.Actor = l.User
		}
	default:
	}
	return l, true
}

// deed is what an action says, at its full length.
type deed struct {
	kind      membership.LogKind
	user      int64
	message   int
	was, text string
}

func deedOf(a tg.ChannelAdminLogEventActionClass) deed {
	for _, read := range []func(tg.ChannelAdminLogEventActionClass) deed{
		ofPeople, ofInfo, ofSettings, ofMessages, ofCalls, ofLinks, ofTopics, ofLooks,
	} {
		if d := read(a); d.kind != membership.LogOther {
			return d
		}
	}
	return deed{}
}

func ofPeople(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionParticipantJoin:
		return deed{kind: membership.LogJoined}
	case *tg.ChannelAdminLogEventActionParticipantJoinByInvite:
		return deed{kind: membership.LogJoinedByLink, text: titleOf(a.Invite)}
	case *tg.ChannelAdminLogEventActionParticipantJoinByRequest:
		return deed{kind: membership.LogJoinedByRequest, user: a.ApprovedBy, text: titleOf(a.Invite)}
	case *tg.ChannelAdminLogEventActionParticipantInvite:
		return deed{kind: membership.LogInvited, user: rowOf(a.Participant)}
	case *tg.ChannelAdminLogEventActionParticipantLeave:
		return deed{kind: membership.LogLeft}
	case *tg.ChannelAdminLogEventActionParticipantToggleBan:
		return deed{kind: barring(a.PrevParticipant, a.NewParticipant), user: max(rowOf(a.PrevParticipant), rowOf(a.NewParticipant))}
	case *tg.ChannelAdminLogEventActionParticipantToggleAdmin:
		d := deed{kind: membership.LogDemoted, user: max(rowOf(a.PrevParticipant), rowOf(a.NewParticipant))}
		switch a.NewParticipant.(type) {
		case *tg.ChannelParticipantAdmin, *tg.ChannelParticipantCreator:
			d.kind = membership.LogPromoted
		}
		return d
	case *tg.ChannelAdminLogEventActionParticipantSubExtend:
		return deed{kind: membership.LogSubscriptionExtended, user: max(rowOf(a.PrevParticipant), rowOf(a.NewParticipant))}
	case *tg.ChannelAdminLogEventActionParticipantEditRank:
		return deed{kind: membership.LogRank, user: a.UserID, was: a.PrevRank, text: a.NewRank}
	}
	return deed{}
}

// rowOf is whom a row is about.
func rowOf(p tg.ChannelParticipantClass) int64 {
	user, _, _ := State(p, membership.Supergroup)
	return int64(user)
}

// barring says which of its four things a ToggleBan was. Telegram's word for barring from the group is the right to view messages.
func barring(prev, next tg.ChannelParticipantClass) membership.LogKind {
	before, _ := prev.(*tg.ChannelParticipantBanned)
	after, restricted := next.(*tg.ChannelParticipantBanned)
	switch {
	case restricted && after.BannedRights.ViewMessages:
		return membership.LogBanned
	case before != nil && before.BannedRights.ViewMessages:
		return membership.LogUnbanned
	case restricted:
		return membership.LogRestricted
	}
	return membership.LogUnrestricted
}

func ofInfo(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionChangeTitle:
		return deed{kind: membership.LogTitle, was: a.PrevValue, text: a.NewValue}
	case *tg.ChannelAdminLogEventActionChangeAbout:
		return deed{kind: membership.LogAbout, was: a.PrevValue, text: a.NewValue}
	case *tg.ChannelAdminLogEventActionChangeUsername:
		return deed{kind: membership.LogUsername, was: a.PrevValue, text: a.NewValue}
	case *tg.ChannelAdminLogEventActionChangeUsernames:
		return deed{kind: membership.LogUsernames, was: strings.Join(a.PrevValue, " "), text: strings.Join(a.NewValue, " ")}
	case *tg.ChannelAdminLogEventActionChangePhoto:
		return deed{kind: membership.LogPhoto}
	case *tg.ChannelAdminLogEventActionChangeStickerSet:
		return deed{kind: membership.LogStickerSet, was: stickers(a.PrevStickerset), text: stickers(a.NewStickerset)}
	case *tg.ChannelAdminLogEventActionChangeLinkedChat:
		return deed{kind: membership.LogLinkedChat, was: number(a.PrevValue), text: number(a.NewValue)}
	case *tg.ChannelAdminLogEventActionChangeLocation:
		return deed{kind: membership.LogLocation, was: address(a.PrevValue), text: address(a.NewValue)}
	case *tg.ChannelAdminLogEventActionToggleSlowMode:
		return deed{kind: membership.LogSlowMode, was: seconds(a.PrevValue), text: seconds(a.NewValue)}
	case *tg.ChannelAdminLogEventActionChangeHistoryTTL:
		return deed{kind: membership.LogHistoryTTL, was: seconds(a.PrevValue), text: seconds(a.NewValue)}
	}
	return deed{}
}

func ofSettings(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionToggleInvites:
		return toggled(membership.LogInvites, a.NewValue)
	case *tg.ChannelAdminLogEventActionToggleSignatures:
		return toggled(membership.LogSignatures, a.NewValue)
	case *tg.ChannelAdminLogEventActionToggleSignatureProfiles:
		return toggled(membership.LogSignatureProfiles, a.NewValue)
	case *tg.ChannelAdminLogEventActionTogglePreHistoryHidden:
		return toggled(membership.LogHistoryHidden, a.NewValue)
	case *tg.ChannelAdminLogEventActionToggleForum:
		return toggled(membership.LogForum, a.NewValue)
	case *tg.ChannelAdminLogEventActionToggleNoForwards:
		return toggled(membership.LogNoForwards, a.NewValue)
	case *tg.ChannelAdminLogEventActionToggleAntiSpam:
		return toggled(membership.LogAntiSpam, a.NewValue)
	case *tg.ChannelAdminLogEventActionToggleAutotranslation:
		return toggled(membership.LogAutotranslation, a.NewValue)
	case *tg.ChannelAdminLogEventActionDefaultBannedRights:
		return deed{kind: membership.LogDefaultRights, was: forbidden(a.PrevBannedRights), text: forbidden(a.NewBannedRights)}
	case *tg.ChannelAdminLogEventActionChangeAvailableReactions:
		return deed{kind: membership.LogReactions, was: reactions(a.PrevValue), text: reactions(a.NewValue)}
	}
	return deed{}
}

func ofMessages(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionUpdatePinned:
		return written(membership.LogPinned, a.Message)
	case *tg.ChannelAdminLogEventActionEditMessage:
		d := written(membership.LogMessageEdited, a.NewMessage)
		d.was = written(membership.LogMessageEdited, a.PrevMessage).text
		return d
	case *tg.ChannelAdminLogEventActionDeleteMessage:
		return written(membership.LogMessageDeleted, a.Message)
	case *tg.ChannelAdminLogEventActionSendMessage:
		return written(membership.LogMessageSent, a.Message)
	case *tg.ChannelAdminLogEventActionStopPoll:
		return written(membership.LogPollStopped, a.Message)
	}
	return deed{}
}

// written is a message and whose it is; a poll's text is its question.
func written(kind membership.LogKind, m tg.MessageClass) deed {
	d := deed{kind: kind}
	if m == nil {
		return d
	}
	d.message = m.GetID()
	switch m := m.(type) {
	case *tg.Message:
		d.user, d.text = userOf(m.FromID), m.Message
		if poll, ok := m.Media.(*tg.MessageMediaPoll); ok && d.text == "" {
			d.text = poll.Poll.Question.Text
		}
	case *tg.MessageService:
		d.user = userOf(m.FromID)
	}
	return d
}

func ofCalls(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionStartGroupCall:
		return deed{kind: membership.LogCallStarted}
	case *tg.ChannelAdminLogEventActionDiscardGroupCall:
		return deed{kind: membership.LogCallEnded}
	case *tg.ChannelAdminLogEventActionParticipantMute:
		return deed{kind: membership.LogCallMuted, user: userOf(a.Participant.Peer)}
	case *tg.ChannelAdminLogEventActionParticipantUnmute:
		return deed{kind: membership.LogCallUnmuted, user: userOf(a.Participant.Peer)}
	case *tg.ChannelAdminLogEventActionParticipantVolume:
		return deed{kind: membership.LogCallVolume, user: userOf(a.Participant.Peer), text: number(a.Participant.Volume)}
	case *tg.ChannelAdminLogEventActionToggleGroupCallSetting:
		return toggled(membership.LogCallSetting, a.JoinMuted)
	}
	return deed{}
}

func ofLinks(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionExportedInviteDelete:
		return deed{kind: membership.LogLinkDeleted, text: linkOf(a.Invite)}
	case *tg.ChannelAdminLogEventActionExportedInviteRevoke:
		return deed{kind: membership.LogLinkRevoked, text: linkOf(a.Invite)}
	case *tg.ChannelAdminLogEventActionExportedInviteEdit:
		return deed{kind: membership.LogLinkEdited, was: linkOf(a.PrevInvite), text: linkOf(a.NewInvite)}
	}
	return deed{}
}

// titleOf is the name that an administrator gave the link.
func titleOf(i tg.ExportedChatInviteClass) string {
	if link, ok := i.(*tg.ChatInviteExported); ok {
		return link.Title
	}
	return ""
}

// linkOf is the link's name, or its beginning: a whole link lets in whoever reads it, and Telegram's own apps show no more of the links of
// other administrators.
func linkOf(i tg.ExportedChatInviteClass) string {
	link, ok := i.(*tg.ChatInviteExported)
	switch {
	case !ok:
		return ""
	case link.Title != "":
		return link.Title
	}
	const shown = 4
	head, secret, found := strings.Cut(link.Link, "+")
	if !found || len(secret) < 2*shown {
		return "…"
	}
	return head + "+" + secret[:shown] + "…"
}

func ofTopics(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionCreateTopic:
		return topic(membership.LogTopicCreated, a.Topic)
	case *tg.ChannelAdminLogEventActionEditTopic:
		d := topic(membership.LogTopicEdited, a.NewTopic)
		d.was = topic(membership.LogTopicEdited, a.PrevTopic).text
		return d
	case *tg.ChannelAdminLogEventActionDeleteTopic:
		return topic(membership.LogTopicDeleted, a.Topic)
	case *tg.ChannelAdminLogEventActionPinTopic:
		d := topic(membership.LogTopicPinned, a.NewTopic)
		d.was = topic(membership.LogTopicPinned, a.PrevTopic).text
		return d
	}
	return deed{}
}

func topic(kind membership.LogKind, t tg.ForumTopicClass) deed {
	switch t := t.(type) {
	case *tg.ForumTopic:
		return deed{kind: kind, message: t.ID, text: t.Title}
	case *tg.ForumTopicDeleted:
		return deed{kind: kind, message: t.ID}
	}
	return deed{kind: kind}
}

func ofLooks(a tg.ChannelAdminLogEventActionClass) deed {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionChangePeerColor:
		return deed{kind: membership.LogColor}
	case *tg.ChannelAdminLogEventActionChangeProfilePeerColor:
		return deed{kind: membership.LogProfileColor}
	case *tg.ChannelAdminLogEventActionChangeWallpaper:
		return deed{kind: membership.LogWallpaper}
	case *tg.ChannelAdminLogEventActionChangeEmojiStatus:
		return deed{kind: membership.LogEmojiStatus}
	case *tg.ChannelAdminLogEventActionChangeEmojiStickerSet:
		return deed{kind: membership.LogEmojiStickerSet, was: stickers(a.PrevStickerset), text: stickers(a.NewStickerset)}
	}
	return deed{}
}
