package world

import "github.com/gotd/td/tg"

// logKind is the action of an admin log event.
type logKind uint8

// The actions of layer 229: all there are.
const (
	logJoin logKind = iota + 1
	logJoinByInvite
	logJoinByRequest
	logInvite
	logLeave
	logToggleBan
	logToggleAdmin
	logSubExtend
	logEditRank
	logChangeTitle
	logChangeAbout
	logChangeUsername
	logChangeUsernames
	logChangePhoto
	logChangeStickerSet
	logChangeEmojiStickerSet
	logChangeLinkedChat
	logChangeLocation
	logToggleSlowMode
	logChangeHistoryTTL
	logChangePeerColor
	logChangeProfilePeerColor
	logChangeWallpaper
	logChangeEmojiStatus
	logToggleInvites
	logToggleSignatures
	logToggleSignatureProfiles
	logTogglePreHistoryHidden
	logDefaultBannedRights
	logToggleForum
	logToggleNoForwards
	logToggleAntiSpam
	logToggleAutotranslation
	logChangeAvailableReactions
	logUpdatePinned
	logEditMessage
	logStopPoll
	logDeleteMessage
	logSendMessage
	logStartGroupCall
	logDiscardGroupCall
	logParticipantMute
	logParticipantUnmute
	logParticipantVolume
	logToggleGroupCallSetting
	logExportedInviteDelete
	logExportedInviteRevoke
	logExportedInviteEdit
	logCreateTopic
	logEditTopic
	logDeleteTopic
	logPinTopic
)

// filing is an action's name in TL, without "channelAdminLogEventAction", and the flag of a filter that wants it.
// Bans and promotions are told apart by what they change and have none here. No source says which flag, if any, is
// that of an unsure one; it is filed where its name belongs.
type filing struct {
	name   string
	flag   func(*tg.ChannelAdminLogEventsFilter) bool
	unsure bool
}

type logFilter = tg.ChannelAdminLogEventsFilter

func flagJoin(f *logFilter) bool      { return f.Join }
func flagInfo(f *logFilter) bool      { return f.Info }
func flagSettings(f *logFilter) bool  { return f.Settings }
func flagEdit(f *logFilter) bool      { return f.Edit }
func flagGroupCall(f *logFilter) bool { return f.GroupCall }
func flagInvites(f *logFilter) bool   { return f.Invites }
func flagForums(f *logFilter) bool    { return f.Forums }

var filings = map[logKind]filing{
	logJoin:                     {"ParticipantJoin", flagJoin, false},
	logJoinByInvite:             {"ParticipantJoinByInvite", flagJoin, false},
	logJoinByRequest:            {"ParticipantJoinByRequest", flagJoin, false},
	logInvite:                   {"ParticipantInvite", func(f *logFilter) bool { return f.Invite }, false},
	logLeave:                    {"ParticipantLeave", func(f *logFilter) bool { return f.Leave }, false},
	logToggleBan:                {"ParticipantToggleBan", nil, false},
	logToggleAdmin:              {"ParticipantToggleAdmin", nil, false},
	logSubExtend:                {"ParticipantSubExtend", func(f *logFilter) bool { return f.SubExtend }, false},
	logEditRank:                 {"ParticipantEditRank", func(f *logFilter) bool { return f.EditRank }, false},
	logChangeTitle:              {"ChangeTitle", flagInfo, false},
	logChangeAbout:              {"ChangeAbout", flagInfo, false},
	logChangeUsername:           {"ChangeUsername", flagInfo, false},
	logChangeUsernames:          {"ChangeUsernames", flagInfo, false},
	logChangePhoto:              {"ChangePhoto", flagInfo, false},
	logChangeStickerSet:         {"ChangeStickerSet", flagInfo, false},
	logChangeEmojiStickerSet:    {"ChangeEmojiStickerSet", flagInfo, true},
	logChangeLinkedChat:         {"ChangeLinkedChat", flagInfo, false},
	logChangeLocation:           {"ChangeLocation", flagInfo, false},
	logToggleSlowMode:           {"ToggleSlowMode", flagInfo, false},
	logChangeHistoryTTL:         {"ChangeHistoryTTL", flagInfo, false},
	logChangePeerColor:          {"ChangePeerColor", flagInfo, true},
	logChangeProfilePeerColor:   {"ChangeProfilePeerColor", flagInfo, true},
	logChangeWallpaper:          {"ChangeWallpaper", flagInfo, true},
	logChangeEmojiStatus:        {"ChangeEmojiStatus", flagInfo, true},
	logToggleInvites:            {"ToggleInvites", flagSettings, false},
	logToggleSignatures:         {"ToggleSignatures", flagSettings, false},
	logToggleSignatureProfiles:  {"ToggleSignatureProfiles", flagSettings, true},
	logTogglePreHistoryHidden:   {"TogglePreHistoryHidden", flagSettings, false},
	logDefaultBannedRights:      {"DefaultBannedRights", flagSettings, false},
	logToggleForum:              {"ToggleForum", flagSettings, false},
	logToggleNoForwards:         {"ToggleNoForwards", flagSettings, true},
	logToggleAntiSpam:           {"ToggleAntiSpam", flagSettings, true},
	logToggleAutotranslation:    {"ToggleAutotranslation", flagSettings, true},
	logChangeAvailableReactions: {"ChangeAvailableReactions", flagSettings, true},
	logUpdatePinned:             {"UpdatePinned", func(f *logFilter) bool { return f.Pinned }, false},
	logEditMessage:              {"EditMessage", flagEdit, false},
	logStopPoll:                 {"StopPoll", flagEdit, true},
	logDeleteMessage:            {"DeleteMessage", func(f *logFilter) bool { return f.Delete }, false},
	logSendMessage:              {"SendMessage", func(f *logFilter) bool { return f.Send }, false},
	logStartGroupCall:           {"StartGroupCall", flagGroupCall, false},
	logDiscardGroupCall:         {"DiscardGroupCall", flagGroupCall, false},
	logParticipantMute:          {"ParticipantMute", flagGroupCall, false},
	logParticipantUnmute:        {"ParticipantUnmute", flagGroupCall, false},
	logParticipantVolume:        {"ParticipantVolume", flagGroupCall, false},
	logToggleGroupCallSetting:   {"ToggleGroupCallSetting", flagGroupCall, false},
	logExportedInviteDelete:     {"ExportedInviteDelete", flagInvites, false},
	logExportedInviteRevoke:     {"ExportedInviteRevoke", flagInvites, false},
	logExportedInviteEdit:       {"ExportedInviteEdit", flagInvites, false},
	logCreateTopic:              {"CreateTopic", flagForums, false},
	logEditTopic:                {"EditTopic", flagForums, false},
	logDeleteTopic:              {"DeleteTopic", flagForums, false},
	logPinTopic:                 {"PinTopic", flagForums, false},
}

// LogKinds returns the names of all actions of the admin log, as World.Log takes them.
func LogKinds() []string {
	out := make([]string, 0, len(filings))
	for k := logJoin; k <= logPinTopic; k++ {
		out = append(out, filings[k].name)
	}
	return out
}

// flagged says whether a flag of the filter wants the event. TL's ban is restricting, TL's kick banning.
func (w *World) flagged(ev logEvent, f *logFilter) bool {
	switch ev.kind {
	case logToggleAdmin:
		if ev.next.admin == nil {
			return f.Demote
		}
		return f.Promote
	case logToggleBan:
		return f.Kick && ev.next.banned() || // also one that only ends at another time
			f.Unkick && ev.prev.banned() && !ev.next.banned() ||
			f.Ban && ev.next.restricted() ||
			f.Unban && ev.prev.restricted() && ev.next.ban == nil
	default:
		filed := filings[ev.kind]
		return filed.flag(f) && (!filed.unsure || !w.opts.Joins.Unfiled)
	}
}
