package membership

// LogKind is what an entry of the admin log is about.
type LogKind uint8

// The kinds of entries, after Telegram's 52 actions; where one action means several things, each has its own. A roster stores the
// numbers: only append.
const (
	LogOther LogKind = iota // an action that this version does not know

	LogJoined
	LogJoinedByLink
	LogJoinedByRequest
	LogInvited
	LogLeft
	LogBanned
	LogUnbanned
	LogRestricted
	LogUnrestricted
	LogPromoted // or an administrator whose rights changed
	LogDemoted
	LogSubscriptionExtended
	LogRank

	LogTitle
	LogAbout
	LogUsername
	LogUsernames
	LogPhoto
	LogStickerSet
	LogLinkedChat
	LogLocation
	LogSlowMode
	LogHistoryTTL

	LogInvites
	LogSignatures
	LogHistoryHidden
	LogDefaultRights
	LogForum

	LogPinned
	LogMessageEdited
	LogMessageDeleted
	LogMessageSent
	LogPollStopped

	LogCallStarted
	LogCallEnded
	LogCallMuted
	LogCallUnmuted
	LogCallVolume
	LogCallSetting

	LogLinkDeleted
	LogLinkRevoked
	LogLinkEdited

	LogTopicCreated
	LogTopicEdited
	LogTopicDeleted
	LogTopicPinned

	LogNoForwards
	LogReactions
	LogAntiSpam
	LogColor
	LogProfileColor
	LogWallpaper
	LogEmojiStatus
	LogEmojiStickerSet
	LogSignatureProfiles
	LogAutotranslation

	LastLogKind = LogAutotranslation
)

var logKindWords = []string{
	"other",
	"joined", "joined-by-link", "joined-by-request", "invited", "left", "banned", "unbanned", "restricted", "unrestricted", "promoted",
	"demoted", "subscription-extended", "rank",
	"title", "about", "username", "usernames", "photo", "sticker-set", "linked-chat", "location", "slow-mode", "history-ttl",
	"invites", "signatures", "history-hidden", "default-rights", "forum",
	"pinned", "message-edited", "message-deleted", "message-sent", "poll-stopped",
	"call-started", "call-ended", "call-muted", "call-unmuted", "call-volume", "call-setting",
	"link-deleted", "link-revoked", "link-edited",
	"topic-created", "topic-edited", "topic-deleted", "topic-pinned",
	"no-forwards", "reactions", "anti-spam", "color", "profile-color", "wallpaper", "emoji-status", "emoji-sticker-set",
	"signature-profiles", "autotranslation",
}

func (k LogKind) String() string { return word(logKindWords, k) }

// MarshalText writes the kind's word.
func (k LogKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *LogKind) UnmarshalText(b []byte) error { return unword(logKindWords, b, k) }

// LogTextLimit is how many characters of a text the archive keeps: enough to know a message again. Every edit of every message is in a group's
// admin log, with both texts; whole, they would soon be most of the roster.
const LogTextLimit = 200

// LogEntry is one entry of the admin log, which Telegram forgets after 48 hours, as the archive keeps it. What it says about somebody's
// membership is an Event in the ledger besides, under the same id; here are only the names of who and whom.
type LogEntry struct {
	ID   int64   `json:"id"`
	At   Instant `json:"at"`
	Kind LogKind `json:"kind"`
	// Actor is who did it; 0 where Telegram does not say.
	Actor UserID `json:"actor,omitempty"`
	// User is whom it was done to, or whose message; 0 where it is about nobody.
	User UserID `json:"user,omitempty"`
	// Message is the id of the message or topic that it is about.
	Message int `json:"message,omitempty"`
	// Was and Text are what stood there before and what after, at most LogTextLimit characters of each. Both are hostile input.
	Was  string `json:"was,omitempty"`
	Text string `json:"text,omitempty"`
}
