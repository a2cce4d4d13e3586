package tlmap_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

var (
	chatMember  = &tg.ChatParticipant{UserID: ann, InviterID: admin, Date: 50}
	chatChief   = &tg.ChatParticipantAdmin{UserID: ann, InviterID: admin, Date: 50}
	chatFounder = &tg.ChatParticipantCreator{UserID: ann}
	notInChat   tg.ChatParticipantClass
)

func TestBotChatUpdate(t *testing.T) {
	for _, tt := range []struct {
		name       string
		prev, next tg.ChatParticipantClass
		actor      int64
		want       membership.State
		moved      bool
	}{
		{"joins", notInChat, chatMember, ann, isMember, true},
		{"is added", notInChat, chatMember, admin, isMember, true},
		{"leaves", chatMember, notInChat, ann, hasLeft, true},
		{"is removed", chatMember, notInChat, admin, wasKicked, true},
		{"an admin is removed", chatChief, notInChat, admin, wasKicked, true},
		{"goes and nobody says by whom", chatMember, notInChat, 0, hasLeft, true},
		{"is promoted", chatMember, chatChief, admin, isAdmin, false},
		{"is demoted", chatChief, chatMember, admin, isMember, false},
		{"is given the group", chatMember, chatFounder, admin, membership.State{Presence: membership.In, Role: membership.Creator}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := &tg.UpdateChatParticipant{
				ChatID: 500, Date: 100, ActorID: tt.actor, UserID: ann, PrevParticipant: tt.prev, NewParticipant: tt.next, Qts: 12,
			}
			got, ok := tlmap.BotChatUpdate(u, bot, readAt)
			require.True(t, ok)
			require.Equal(t, membership.Event{
				Group: 500, User: ann, State: tt.want, Moved: tt.moved,
				Evidence: membership.Evidence{
					Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: bot, Ref: 12,
					At: 100, Recorded: readAt, Actor: membership.UserID(tt.actor),
				},
			}, got)
		})
	}
}

func TestBotChatUpdateAboutNobody(t *testing.T) {
	for name, u := range map[string]*tg.UpdateChatParticipant{
		"nobody":            {ChatID: 500, PrevParticipant: chatMember},
		"another before":    {ChatID: 500, UserID: ann + 1, PrevParticipant: chatMember},
		"another after":     {ChatID: 500, UserID: ann + 1, NewParticipant: chatMember},
		"a row of nobody":   {ChatID: 500, UserID: ann, NewParticipant: &tg.ChatParticipant{}},
		"a negative person": {ChatID: 500, UserID: -1},
	} {
		_, ok := tlmap.BotChatUpdate(u, bot, readAt)
		require.False(t, ok, name)
	}
}

func TestChatRights(t *testing.T) {
	all := membership.Rights{Admin: true, BanUsers: true, InviteUsers: true}
	require.Equal(t, all, tlmap.ChatRights(chatChief))
	require.Equal(t, all, tlmap.ChatRights(chatFounder))
	require.Zero(t, tlmap.ChatRights(chatMember))
	require.Zero(t, tlmap.ChatRights(nil), "who is not in it")
}

func TestChatList(t *testing.T) {
	group := membership.Group{ID: 500, Kind: membership.BasicGroup}
	whole := &tg.ChatParticipants{ChatID: 500, Version: 3, Participants: []tg.ChatParticipantClass{
		chatMember, &tg.ChatParticipantAdmin{UserID: int64(bot), Date: 60},
	}}
	answer := func(list tg.ChatParticipantsClass, chats ...tg.ChatClass) *tg.MessagesChatFull {
		return &tg.MessagesChatFull{FullChat: &tg.ChatFull{ID: 500, Participants: list}, Chats: chats}
	}
	here := &tg.Chat{ID: 500, Title: "Kin"}

	list, err := tlmap.ChatList(answer(whole, &tg.Channel{ID: 500}, here), group, bot)
	require.NoError(t, err)
	require.Equal(t, whole, list)

	_, err = tlmap.ChatList(answer(whole, here), group, ann+5)
	require.ErrorIs(t, err, tlmap.ErrWithoutUs)
	_, err = tlmap.ChatList(answer(&tg.ChatParticipantsForbidden{ChatID: 500}, here), group, bot)
	require.ErrorIs(t, err, tlmap.ErrHidden)
	_, err = tlmap.ChatList(&tg.MessagesChatFull{FullChat: &tg.ChannelFull{ID: 500}, Chats: []tg.ChatClass{here}}, group, bot)
	require.ErrorContains(t, err, "ChannelFull")
	_, err = tlmap.ChatList(answer(whole, &tg.Channel{ID: 500}, &tg.Chat{ID: 501}), group, bot)
	require.ErrorContains(t, err, "does not hold the group")
	for name, c := range map[string]tg.ChatClass{"left": &tg.Chat{ID: 500, Left: true}, "forbidden": &tg.ChatForbidden{ID: 500}, "empty": &tg.ChatEmpty{ID: 500}} {
		_, err = tlmap.ChatList(answer(whole, c), group, bot)
		var refused *membership.TelegramError
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, membership.ErrorGroupGone, refused.Kind, name)
	}
	_, err = tlmap.ChatList(answer(whole, &tg.Chat{ID: 500, Deactivated: true, MigratedTo: &tg.InputChannel{ChannelID: 9}}), group, bot)
	var moved *membership.MigratedError
	require.ErrorAs(t, err, &moved)
	require.Equal(t, membership.MigratedError{From: 500, To: 9}, *moved)
}

func TestInList(t *testing.T) {
	list := &tg.ChatParticipants{Participants: []tg.ChatParticipantClass{chatChief}}
	users := []tg.UserClass{&tg.User{ID: ann, FirstName: "Ann"}, &tg.User{ID: ann + 1, FirstName: "Ben"}}
	q := tlmap.Question{Group: 500, Kind: membership.BasicGroup, User: ann, Sent: time.Unix(100, 5), Recorded: readAt}
	f := q.InList(list, users)
	require.Equal(t, isAdmin, f.Event.State)
	require.Equal(t, membership.SourceLookup, f.Event.Evidence.Source)
	require.Equal(t, "Ann", f.Profile.FirstName)

	q.User = ann + 1
	f = q.InList(list, users)
	require.True(t, f.Firm())
	require.Equal(t, hasLeft, f.Event.State)
	require.Equal(t, "Ben", f.Profile.FirstName)

	q.User = ann + 2
	require.Nil(t, q.InList(list, users).Profile)
}
