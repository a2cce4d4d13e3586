package tlmap

import (
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// Why a basic group's list proves nothing.
var (
	// ErrHidden means that Telegram keeps the list back, as it does from who was removed.
	ErrHidden = errors.New("the group's list is not shown to this account")
	// ErrWithoutUs means that the list lacks the account that was just let read it, and so perhaps others.
	ErrWithoutUs = errors.New("the list that Telegram gave of the group lacks this account itself")
	// ErrOlder means that a list was changed since, as was seen before: a server of Telegram's lags behind.
	ErrOlder = errors.New("the list is older than one that Telegram gave before")
)

// MethodFullChat is the call that tells everything about a basic group, its members too.
const MethodFullChat = "messages.getFullChat"

// ChatFailure is Failure for MethodFullChat. Of a group, PEER_ID_INVALID means that it is gone, not that somebody never started a bot.
func ChatFailure(err error) error {
	err = Failure(MethodFullChat, err)
	refused, is := errors.AsType[*membership.TelegramError](err)
	if !is || refused.Kind != membership.ErrorNeverStarted {
		return err
	}
	gone := *refused
	gone.Kind = membership.ErrorGroupGone
	return &gone
}

// Among is the group as an answer to the method shows it. One that became a supergroup is a *membership.MigratedError; one that the account
// is not in is gone.
func Among(chats []tg.ChatClass, group membership.Group, method string) (membership.Group, error) {
	for _, c := range chats {
		if membership.GroupID(c.GetID()) != group.ID || isChat(c) != (group.Kind == membership.BasicGroup) {
			continue
		}
		if chat, ok := c.(*tg.Chat); ok && chat.Deactivated {
			return membership.Group{}, migrated(chat)
		}
		if d, ok := Group(c); ok && !LeftOut(c) {
			return d, nil
		}
		return membership.Group{}, &membership.TelegramError{Kind: membership.ErrorGroupGone, Name: nameOf(c), Method: method}
	}
	return membership.Group{}, fmt.Errorf("%s: Telegram's answer does not hold the group", method)
}

func isChat(c tg.ChatClass) bool {
	switch c.(type) {
	case *tg.Chat, *tg.ChatForbidden, *tg.ChatEmpty:
		return true
	}
	return false
}

// nameOf is Telegram's name for a chat that shows us nothing.
func nameOf(c tg.ChatClass) string {
	switch c.(type) {
	case *tg.Channel, *tg.Chat:
		return c.TypeName() + ".left"
	}
	return c.TypeName()
}

func migrated(c *tg.Chat) error {
	e := &membership.MigratedError{From: membership.GroupID(c.ID)}
	if to, ok := c.MigratedTo.(*tg.InputChannel); ok {
		e.To = membership.GroupID(to.ChannelID)
	}
	return e
}

// ChatList is a basic group's complete list, as MethodFullChat told it to the account me. A complete one has that account in it.
func ChatList(full *tg.MessagesChatFull, group membership.Group, me membership.UserID) (*tg.ChatParticipants, error) {
	if _, err := Among(full.Chats, group, MethodFullChat); err != nil {
		return nil, err
	}
	chat, ok := full.FullChat.(*tg.ChatFull)
	if !ok {
		return nil, fmt.Errorf("%s: Telegram answered with a %T", MethodFullChat, full.FullChat)
	}
	list, ok := chat.Participants.(*tg.ChatParticipants)
	if !ok {
		return nil, ErrHidden
	}
	if _, ok := ChatRow(list, me); !ok {
		return nil, ErrWithoutUs
	}
	return list, nil
}

// ChatRow is the person's row of a basic group's list; not ok where it does not name them.
func ChatRow(list *tg.ChatParticipants, who membership.UserID) (tg.ChatParticipantClass, bool) {
	for _, p := range list.Participants {
		if user, _, ok := ChatState(p); ok && user == who {
			return p, true
		}
	}
	return nil, false
}

// InList is what a basic group's complete list answers to the question: there, and only there, absence is an answer.
func (q Question) InList(list *tg.ChatParticipants, users []tg.UserClass) membership.Finding {
	f := membership.Finding{Event: q.Absent()}
	if p, ok := ChatRow(list, q.User); ok {
		_, state, _ := ChatState(p)
		f.Event = q.Says(state, 0)
	}
	for _, u := range users {
		if p, ok := Profile(u); ok && p.User == q.User {
			f.Profile = &p
		}
	}
	return f
}

// ChatRights are what a row of a basic group's list says that its person may do. There an administrator has all rights or none.
func ChatRights(p tg.ChatParticipantClass) membership.Rights {
	switch p.(type) {
	case *tg.ChatParticipantCreator, *tg.ChatParticipantAdmin:
		return membership.Rights{Admin: true, BanUsers: true, InviteUsers: true}
	}
	return membership.Rights{}
}

// BotChatUpdate is the event of an updateChatParticipant heard by bot, which tells of a basic group what updateChannelParticipant tells of others.
// Nobody is banned there: who was removed may be added again. Not ok is an update that speaks of no person, or of another than it names.
func BotChatUpdate(u *tg.UpdateChatParticipant, bot membership.UserID, recorded membership.Instant) (membership.Event, bool) {
	before, prev, prevOK := sideOf(u.PrevParticipant)
	after, next, nextOK := sideOf(u.NewParticipant)
	user := membership.UserID(u.UserID)
	if !prevOK || !nextOK || user <= 0 || (before != 0 && before != user) || (after != 0 && after != user) {
		return membership.Event{}, false
	}
	c := change{user: user, actor: membership.UserID(max(0, u.ActorID)), prev: prev, next: next}
	return c.heard(membership.GroupID(u.ChatID), u.Date, u.Qts, bot, recorded), true
}

// sideOf is one side of a change; Telegram leaves out who is not in the group.
func sideOf(p tg.ChatParticipantClass) (membership.UserID, membership.State, bool) {
	if p == nil {
		return 0, left(), true
	}
	return ChatState(p)
}
