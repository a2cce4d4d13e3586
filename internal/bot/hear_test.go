package bot_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
)

// hearing plays one delivery to a listening bot and returns the batches that came of it.
func hearing(t *testing.T, play func(*stage)) []membership.Batch {
	var taken []membership.Batch
	synctest.Test(t, func(t *testing.T) {
		st := listen(newServer(), newBook())
		settle(0)
		play(st)
		settle(gapTimer)
		taken = st.book.taken
		require.ErrorIs(t, st.close(), context.Canceled)
	})
	return taken
}

func TestHearMessage(t *testing.T) {
	user := membership.UserID(ann)
	for _, c := range []struct {
		text, payload string
		kind          membership.ReplyKind
	}{
		{"hello", "", membership.ReplyMessage},
		{"/start", "", membership.ReplyStart},
		{"/start vip_1-A", "vip_1-A", membership.ReplyStart},
		{"/start@rollcall_bot vip", "vip", membership.ReplyStart},
		{"/start@other_bot vip", "", membership.ReplyMessage},
		{"/start päyload", "", membership.ReplyStart},
	} {
		t.Run(c.text, func(t *testing.T) {
			taken := hearing(t, func(st *stage) { st.deliver(st.server.write(ann, c.text)) })
			require.Len(t, taken, 1)
			at := membership.Instant(1_700_000_001)
			require.Equal(t, membership.Batch{
				Group: group, Bot: self,
				Contacts: []membership.Contact{{User: user, Kind: membership.Wrote, At: at, Ref: 101, Payload: c.payload}},
				Replies: []membership.Reply{
					{Bot: self, User: user, Kind: c.kind, Message: 101, Payload: c.payload, Asked: at},
				},
				Profiles: []membership.Profile{{User: user, FirstName: "Person"}},
				State:    &membership.BotState{Pts: 101, Qts: 10, Date: 1_700_000_000, Seq: 1},
			}, taken[0], "the message and the position behind it")
		})
	}
}

// A stopped bot that names nobody would end the run, again after each restart.
func TestHearingThatNobodyStoppedTheBot(t *testing.T) {
	for name, user := range map[string]int64{"nobody": 0, "ourselves": int64(self), "Telegram itself": 777000} {
		t.Run(name, func(t *testing.T) {
			for _, b := range hearing(t, func(st *stage) { st.deliver(st.server.stop(user, true)) }) {
				require.Empty(t, b.Contacts)
			}
		})
	}
}

// Telegram tells a bot that it lost its right, and from then on nothing else.
func TestHearingOfOurselves(t *testing.T) {
	rank := func(admin bool) func(*tg.UpdateChannelParticipant) {
		return func(u *tg.UpdateChannelParticipant) {
			u.SetPrevParticipant(&tg.ChannelParticipant{UserID: int64(self)})
			u.SetNewParticipant(&tg.ChannelParticipant{UserID: int64(self)})
			if admin {
				u.SetNewParticipant(&tg.ChannelParticipantAdmin{UserID: int64(self), AdminRights: tg.ChatAdminRights{BanUsers: true}})
			}
		}
	}
	gone := func(u *tg.UpdateChannelParticipant) {
		u.SetPrevParticipant(&tg.ChannelParticipant{UserID: int64(self)})
		u.NewParticipant = nil
		u.Flags.Unset(1)
	}
	for name, c := range map[string]struct {
		change func(*tg.UpdateChannelParticipant)
		want   membership.Rights
	}{
		"promoted": {rank(true), membership.Rights{Admin: true, BanUsers: true}},
		"demoted":  {rank(false), membership.Rights{}},
		"removed":  {gone, membership.Rights{}},
	} {
		t.Run(name, func(t *testing.T) {
			taken := hearing(t, func(st *stage) {
				u := st.server.join(int64(group), int64(self))
				c.change(u.Updates[0].(*tg.UpdateChannelParticipant))
				st.deliver(u)
			})
			require.Len(t, taken, 1)
			require.Equal(t, &c.want, taken[0].Rights)
		})
	}
}

func TestHearNobody(t *testing.T) {
	for name, change := range map[string]func(*tg.Message){
		"our own message":     func(m *tg.Message) { m.Out = true },
		"a basic group":       func(m *tg.Message) { m.PeerID = &tg.PeerChat{ChatID: 5} },
		"Telegram itself":     func(m *tg.Message) { m.PeerID = &tg.PeerUser{UserID: 777000} },
		"ourselves":           func(m *tg.Message) { m.PeerID = &tg.PeerUser{UserID: int64(self)} },
		"in a channel's name": func(m *tg.Message) { m.FromID = &tg.PeerChannel{ChannelID: 5} },
		"in another's name":   func(m *tg.Message) { m.FromID = &tg.PeerUser{UserID: 5} },
	} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, hearing(t, func(st *stage) { st.deliver(st.server.messageFrom(ann, "/start", change)) }))
		})
	}
	t.Run("another bot", func(t *testing.T) {
		require.Empty(t, hearing(t, func(st *stage) {
			u := st.server.write(ann, "/start")
			u.Users[0].(*tg.User).Bot = true
			st.deliver(u)
		}))
	})
	t.Run("a service message", func(t *testing.T) {
		require.Empty(t, hearing(t, func(st *stage) {
			u := st.server.write(ann, "")
			u.Updates[0].(*tg.UpdateNewMessage).Message = &tg.MessageService{ID: 101, PeerID: &tg.PeerUser{UserID: ann}}
			st.deliver(u)
		}))
	})
}

func TestHearCallback(t *testing.T) {
	user := membership.UserID(ann)
	for _, c := range []struct{ name, data, want, payload string }{
		{"check again", "check", "check", ""},
		{"check again for a link", "check:vip", "check:vip", "vip"},
		{"a made-up payload", "check:a b", "check:a b", ""},
		{"something else", "menu", "menu", ""},
		{"no text", "\xff\xfe", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var now membership.Instant
			taken := hearing(t, func(st *stage) {
				now = membership.At(time.Now())
				st.deliver(&tg.Updates{Updates: []tg.UpdateClass{&tg.UpdateBotCallbackQuery{
					QueryID: 9, UserID: ann, Peer: &tg.PeerUser{UserID: ann}, MsgID: 77, Data: []byte(c.data),
				}}, Users: []tg.UserClass{person(ann, "")}, Seq: 500})
			})
			require.Len(t, taken, 1)
			require.Equal(t, []membership.Reply{{
				Bot: self, User: user, Kind: membership.ReplyCallback, Message: 77, Query: 9,
				Payload: c.payload, Data: c.want, Asked: now,
			}}, taken[0].Replies)
			require.Equal(t, []membership.Contact{
				{User: user, Kind: membership.Wrote, At: now, Ref: 9, Payload: c.payload},
			}, taken[0].Contacts)
		})
	}
	t.Run("in a group", func(t *testing.T) {
		require.Empty(t, hearing(t, func(st *stage) {
			st.deliver(&tg.UpdateShort{Update: &tg.UpdateBotCallbackQuery{
				QueryID: 9, UserID: ann, Peer: &tg.PeerChannel{ChannelID: int64(group)}, MsgID: 77, Data: []byte("check"),
			}})
		}))
	})
}

func TestHearStops(t *testing.T) {
	taken := hearing(t, func(st *stage) { st.deliver(st.server.stop(ann, true), st.server.stop(ann, false)) })
	require.Len(t, taken, 2)
	for i, kind := range []membership.ContactKind{membership.Stopped, membership.Restarted} {
		require.Equal(t, []membership.Contact{{
			User: membership.UserID(ann), Kind: kind, At: membership.Instant(1_700_000_001 + i), Ref: uint64(11 + i),
		}}, taken[i].Contacts)
		require.Equal(t, 11+i, taken[i].Qts)
		require.Empty(t, taken[i].Replies)
	}
}

func TestHearMember(t *testing.T) {
	taken := hearing(t, func(st *stage) { st.deliver(st.server.join(int64(group), ann)) })
	require.Len(t, taken, 1)
	require.Equal(t, 11, taken[0].Qts)
	require.Len(t, taken[0].Events, 1)
	e := taken[0].Events[0]
	require.Equal(t, membership.Identity{
		Group: group, User: membership.UserID(ann), Source: membership.SourceBotUpdate, Origin: self, Ref: 11,
	}, e.Identity())
	require.Equal(t, membership.In, e.State.Presence)
	require.True(t, e.Moved)
	require.Len(t, taken[0].Profiles, 1)
}

// A short message does not bring its sender along: the first one is asked for, the next ones are not.
func TestHearShortMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		st := listen(s, newBook())
		settle(0)
		asked := s.asked
		short := func(text string) *tg.UpdateShortMessage {
			m := s.write(ann, text).Updates[0].(*tg.UpdateNewMessage)
			return &tg.UpdateShortMessage{
				ID: m.Pts, UserID: ann, Message: text, Pts: m.Pts, PtsCount: 1, Date: m.Message.(*tg.Message).Date,
			}
		}
		st.deliver(short("/start vip"))
		settle(0)
		require.Equal(t, asked+1, s.asked)
		require.Len(t, st.book.replies, 1)
		require.Equal(t, "vip", st.book.taken[0].Replies[0].Payload)
		require.NotEmpty(t, st.book.taken[0].Profiles)
		st.deliver(short("hello"))
		settle(0)
		require.Equal(t, asked+1, s.asked)
		require.Len(t, st.book.replies, 2)
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

// A basic group's last word is which supergroup it became. The delivery is not to be taken in, position and all, before the roster follows.
func TestHearingThatTheGroupBecameASupergroup(t *testing.T) {
	const chat, channel = int64(group), int64(77)
	migrated := func(chat int64) func(*stage) {
		return func(st *stage) {
			s := st.server
			s.mu.Lock()
			s.pts++
			m := &tg.MessageService{ID: s.pts, PeerID: &tg.PeerChat{ChatID: chat}, Action: &tg.MessageActionChatMigrateTo{ChannelID: channel}, Date: s.date}
			u := &tg.Updates{Updates: []tg.UpdateClass{&tg.UpdateNewMessage{Message: m, Pts: s.pts, PtsCount: 1}}, Date: s.date}
			s.mu.Unlock()
			st.deliver(u)
		}
	}
	for _, c := range []struct {
		name string
		kind membership.GroupKind
		chat int64
		want membership.GroupID
	}{
		{"ours", membership.BasicGroup, chat, membership.GroupID(channel)},
		{"another", membership.BasicGroup, chat + 1, 0},
		{"followed already", membership.Supergroup, chat, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), newBook()
				cfg := config(s, k)
				cfg.Group.Kind = c.kind
				st := listenAs(bot.New(cfg), s, k)
				settle(0)
				refused := errors.New("the roster follows first")
				k.failSink = func(b membership.Batch) error {
					require.Equal(t, c.want, b.Migrated)
					return refused
				}
				migrated(c.chat)(st)
				settle(0)
				if c.want == 0 {
					require.Equal(t, 101, look(k, func(k *book) int { return k.state.Pts }), "it says nothing to us")
					require.ErrorIs(t, st.close(), context.Canceled)
					return
				}
				require.ErrorIs(t, <-st.done, refused)
				require.Equal(t, 100, k.state.Pts)
			})
		})
	}
}
