package membership

// Group is the chat whose members count.
type Group struct {
	ID       GroupID   `json:"id"`
	Kind     GroupKind `json:"kind"`
	Title    string    `json:"title"`
	Username string    `json:"username,omitempty"`
	// Total is the server's member count, which includes deleted accounts; 0 unknown.
	Total int `json:"total"`
	// AccessHash is the owner account's key to the group; bots need none.
	AccessHash int64 `json:"-"`
	// Creator and Admin say what the owner's account is there; Admin includes the creator.
	Creator bool `json:"creator"`
	Admin   bool `json:"admin"`
	// Rights are what the owner's account may do there.
	Rights Rights `json:"rights"`
}

// Marked is the id in the Bot API's form: -100… for a supergroup or channel, negative for a basic group.
func (g Group) Marked() int64 {
	if g.Kind == BasicGroup {
		return -int64(g.ID)
	}
	return -1_000_000_000_000 - int64(g.ID)
}

// GroupKind tells the three kinds of chats apart.
type GroupKind uint8

// The kinds of group.
const (
	Supergroup GroupKind = iota + 1
	BasicGroup
	Channel
)

var kindWords = []string{"", "supergroup", "basic group", "channel"}

func (k GroupKind) String() string { return word(kindWords, k) }

// MarshalText writes the kind's word.
func (k GroupKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *GroupKind) UnmarshalText(b []byte) error { return unword(kindWords, b, k) }

// Rights are the admin rights that Rollcall has a use for.
type Rights struct {
	Admin       bool `json:"admin"` // is an administrator at all
	BanUsers    bool `json:"ban_users"`
	InviteUsers bool `json:"invite_users"`
	// Out says that Telegram answered that the account is not in the group at all.
	Out bool `json:"-"`
}

// Profile is how a person presents themselves. Every text in it is hostile input.
type Profile struct {
	User      UserID
	FirstName string
	LastName  string
	Username  string // without @
	Bot       bool
	Deleted   bool
	// Min marks a profile that Telegram sent without the full fields; it never replaces a full one.
	Min bool
}

// Person is a profile with its standing in one group.
type Person struct {
	Profile  Profile
	Known    bool // whether a profile is known at all
	Standing Standing
	Record   Record
	// Within is the change of presence that leaves open what Standing was, where that of a past moment was asked for (Placement); nil for none.
	Within *Turn
}

// Confirmed is when the person's presence was last confirmed, by evidence or by an audit's count.
func (p *Person) Confirmed() Instant { return max(p.Standing.LastConfirmed, p.Record.Counted) }

// Outsider says that the person is out and, for all that is known, never was in.
func (s Standing) Outsider() bool { return s.Presence == Out && s.Departure == NoDeparture }

// Subscriber is somebody who started the bot.
type Subscriber struct {
	User        UserID
	Dialog      Dialog
	DialogSince Instant
	DialogRef   uint64 // reference of the contact that set Dialog; orders contacts of one second
	Access      Access
	// AccessSince, Reason and Cause say since when, why, and by which ledger event (0: none) the access is what it is.
	AccessSince Instant
	Reason      Reason
	Cause       uint64
	// Payload is the deep link's start parameter that is still to be honored; empty for none.
	Payload string
	Started Instant // first message to the bot
	Heard   Instant // newest message to the bot
}

// IsZero says that the person never started the bot.
func (s Subscriber) IsZero() bool { return s.User == 0 }

// Dialog is the state of a subscriber's private chat with the bot.
type Dialog uint8

// The states of a dialog.
const (
	NoDialog Dialog = iota
	DialogActive
	DialogBlocked
	DialogDeactivated
)

// Access is whether a subscriber may use the bot.
type Access uint8

// The two accesses; NoAccess belongs to people who never had any: they never started the bot, or were never confirmed as members.
const (
	NoAccess Access = iota
	Granted
	Revoked
)

// Reason is why access changed, in words that a person reads.
type Reason string

// The reasons for granting and revoking.
const (
	ReasonMember      Reason = "is a member"
	ReasonReturned    Reason = "came back to the group"
	ReasonJoined      Reason = "joined the group"
	ReasonUnblocked   Reason = "unblocked the bot"
	ReasonUndone      Reason = "the removal was undone"
	ReasonAllowed     Reason = "is on the allow list"
	ReasonNotYet      Reason = "has not been confirmed as a member"
	ReasonLeft        Reason = "left the group"
	ReasonKicked      Reason = "was removed from the group"
	ReasonBanned      Reason = "was banned from the group"
	ReasonBlocked     Reason = "blocked the bot"
	ReasonDeactivated Reason = "deleted their account"
)

var (
	dialogWords = []string{"none", "active", "blocked", "deactivated"}
	accessWords = []string{"none", "granted", "revoked"}
)

func (d Dialog) String() string { return word(dialogWords, d) }
func (a Access) String() string { return word(accessWords, a) }

// MarshalText writes the dialog's word.
func (d Dialog) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText writes the access's word.
func (a Access) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Dialog) UnmarshalText(b []byte) error { return unword(dialogWords, b, d) }

// UnmarshalText reads what MarshalText wrote.
func (a *Access) UnmarshalText(b []byte) error { return unword(accessWords, b, a) }

// departure says that the reason is the person's going, by whichever of the three ways.
func (r Reason) departure() bool {
	return r == ReasonLeft || r == ReasonKicked || r == ReasonBanned
}

// dialog says that the reason is the dialog's being closed.
func (r Reason) dialog() bool { return r == ReasonBlocked || r == ReasonDeactivated }

// DepartureReason is the reason that a departure gives.
func DepartureReason(d Departure) Reason {
	switch d {
	case Kicked:
		return ReasonKicked
	case Banned:
		return ReasonBanned
	case Left, NoDeparture:
	}
	return ReasonLeft
}
