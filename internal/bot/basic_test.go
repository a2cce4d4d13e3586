package bot_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
)

func (s *server) MessagesGetFullChat(_ context.Context, chat int64) (*tg.MessagesChatFull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onFull == nil {
		return nil, tgerr.New(400, "CHAT_ID_INVALID")
	}
	return s.onFull(chat)
}

// kin has the server know the group as a basic one with these rows, ours last where there is one.
func (s *server) kin(version int, rows ...tg.ChatParticipantClass) {
	s.onFull = func(id int64) (*tg.MessagesChatFull, error) {
		return &tg.MessagesChatFull{
			FullChat: &tg.ChatFull{ID: id, Participants: &tg.ChatParticipants{ChatID: id, Version: version, Participants: rows}},
			Chats:    []tg.ChatClass{&tg.Chat{ID: id, Title: "Kin"}},
			Users:    []tg.UserClass{person(ann, "")},
		}, nil
	}
}

func inKin(s *server) *bot.Bot {
	cfg := config(s, newBook())
	cfg.Group.Kind = membership.BasicGroup
	return bot.New(cfg)
}

var (
	usHere  = &tg.ChatParticipant{UserID: int64(self), Date: 5}
	usChief = &tg.ChatParticipantAdmin{UserID: int64(self), Date: 5}
	annHere = &tg.ChatParticipant{UserID: ann, Date: 5}
)

func TestLookUpInABasicGroup(t *testing.T) {
	s := newServer()
	b := inKin(s)
	s.kin(4, annHere, usHere)
	f, err := b.LookUp(t.Context(), membership.UserID(ann))
	require.NoError(t, err)
	require.Equal(t, membership.In, f.Event.State.Presence)
	require.NotNil(t, f.Profile)
	f, err = b.LookUp(t.Context(), 99)
	require.NoError(t, err)
	require.True(t, f.Firm(), "the list is complete")
	require.Equal(t, membership.Out, f.Event.State.Presence)

	s.kin(3, usHere)
	f, err = b.LookUp(t.Context(), membership.UserID(ann))
	require.NoError(t, err)
	require.False(t, f.Firm(), "an older list proves no absence")
	s.kin(9, annHere)
	f, err = b.LookUp(t.Context(), 99)
	require.NoError(t, err)
	require.False(t, f.Firm(), "a list without us may lack others")

	s.onFull = nil
	_, err = b.LookUp(t.Context(), 99)
	var gone *membership.TelegramError
	require.ErrorAs(t, err, &gone)
	require.Equal(t, membership.ErrorGroupGone, gone.Kind)

	unconnected := config(s, newBook())
	unconnected.API, unconnected.Group.Kind = nil, membership.BasicGroup
	_, err = bot.New(unconnected).LookUp(t.Context(), 99)
	require.ErrorIs(t, err, bot.ErrNotConnected)
}

func TestRightsInABasicGroup(t *testing.T) {
	s := newServer()
	b := inKin(s)
	s.kin(4, usHere)
	r, err := b.Rights(t.Context())
	require.NoError(t, err)
	require.Zero(t, r)
	s.kin(5, usChief)
	r, err = b.Rights(t.Context())
	require.NoError(t, err)
	require.True(t, r.Admin)
	s.kin(4, usHere)
	_, err = b.Rights(t.Context())
	require.ErrorContains(t, err, "is older than one", "what was true once is no answer")
	s.kin(6, annHere)
	_, err = b.Rights(t.Context())
	require.ErrorContains(t, err, "lacks this account")
}

// A bot that administers a basic group hears of everybody there, and always of itself.
func TestHearingInABasicGroup(t *testing.T) {
	change := func(chat, user int64, prev, next tg.ChatParticipantClass) func(*stage) {
		return func(st *stage) {
			st.deliver(st.server.number(func(qts, date int) tg.UpdateClass {
				return &tg.UpdateChatParticipant{
					ChatID: chat, Date: date, ActorID: user, UserID: user, PrevParticipant: prev, NewParticipant: next, Qts: qts,
				}
			}, user))
		}
	}
	for _, c := range []struct {
		name   string
		kind   membership.GroupKind
		act    func(*stage)
		want   membership.Presence // of whom it is about; unknown where it is nobody's
		rights *membership.Rights
	}{
		{"somebody joins", membership.BasicGroup, change(int64(group), ann, nil, annHere), membership.In, nil},
		{"somebody leaves", membership.BasicGroup, change(int64(group), ann, annHere, nil), membership.Out, nil},
		{
			"we are promoted", membership.BasicGroup, change(int64(group), int64(self), usHere, usChief), membership.In,
			&membership.Rights{Admin: true, BanUsers: true, InviteUsers: true},
		},
		{"we are removed", membership.BasicGroup, change(int64(group), int64(self), usChief, nil), membership.Out, &membership.Rights{}},
		{"another group", membership.BasicGroup, change(int64(group)+1, ann, nil, annHere), membership.Unknown, nil},
		{"a supergroup of that id", membership.Supergroup, change(int64(group), ann, nil, annHere), membership.Unknown, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), newBook()
				cfg := config(s, k)
				cfg.Group.Kind = c.kind
				st := listenAs(bot.New(cfg), s, k)
				settle(0)
				var heard []membership.Event
				var rights *membership.Rights
				k.failSink = func(b membership.Batch) error {
					heard = append(heard, b.Events...)
					rights = b.Rights
					return nil
				}
				c.act(st)
				settle(0)
				require.Equal(t, 11, look(k, func(k *book) int { return k.state.Qts }))
				require.ErrorIs(t, st.close(), context.Canceled)
				require.Equal(t, c.rights, rights)
				if c.want == membership.Unknown {
					require.Empty(t, heard)
					return
				}
				require.Len(t, heard, 1)
				require.Equal(t, c.want, heard[0].State.Presence)
				require.Equal(t, group, heard[0].Group)
			})
		})
	}
}
