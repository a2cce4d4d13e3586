package tlmap_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

func TestLogEntry(t *testing.T) {
	link := &tg.ChatInviteExported{Link: "https://t.me/+AbCdEfGhIjKl"}
	named := &tg.ChatInviteExported{Link: "https://t.me/+AbCdEfGhIjKl", Title: "spring"}
	poll := &tg.Message{ID: 5, FromID: &tg.PeerUser{UserID: ann}, Media: &tg.MessageMediaPoll{Poll: tg.Poll{Question: tg.TextWithEntities{Text: "tea?"}}}}
	for _, tt := range []struct {
		name   string
		actor  int64
		action action
		want   membership.LogEntry
	}{
		{"join", ann, &tg.ChannelAdminLogEventActionParticipantJoin{}, membership.LogEntry{Kind: membership.LogJoined, Actor: ann, User: ann}},
		{
			"join by a named link", ann, &tg.ChannelAdminLogEventActionParticipantJoinByInvite{Invite: named},
			membership.LogEntry{Kind: membership.LogJoinedByLink, Actor: ann, User: ann, Text: "spring"},
		},
		{
			"approved", ann, &tg.ChannelAdminLogEventActionParticipantJoinByRequest{Invite: link, ApprovedBy: admin},
			membership.LogEntry{Kind: membership.LogJoinedByRequest, Actor: admin, User: ann},
		},
		{
			"approver kept back", ann, &tg.ChannelAdminLogEventActionParticipantJoinByRequest{Invite: link},
			membership.LogEntry{Kind: membership.LogJoinedByRequest, Actor: ann, User: ann},
		},
		{"invite", admin, invite(member), membership.LogEntry{Kind: membership.LogInvited, Actor: admin, User: ann}},
		{"ban", admin, toggleBan(member, banned), membership.LogEntry{Kind: membership.LogBanned, Actor: admin, User: ann}},
		{"unban", admin, toggleBan(banned, gone), membership.LogEntry{Kind: membership.LogUnbanned, Actor: admin, User: ann}},
		{"unban to muted", admin, toggleBan(banned, muted), membership.LogEntry{Kind: membership.LogUnbanned, Actor: admin, User: ann}},
		{"mute", admin, toggleBan(member, muted), membership.LogEntry{Kind: membership.LogRestricted, Actor: admin, User: ann}},
		{"unmute", admin, toggleBan(muted, member), membership.LogEntry{Kind: membership.LogUnrestricted, Actor: admin, User: ann}},
		{"promote", admin, toggleAdmin(member, chief), membership.LogEntry{Kind: membership.LogPromoted, Actor: admin, User: ann}},
		{"demote", admin, toggleAdmin(chief, member), membership.LogEntry{Kind: membership.LogDemoted, Actor: admin, User: ann}},
		{
			"title of a person", admin, &tg.ChannelAdminLogEventActionParticipantEditRank{UserID: ann, PrevRank: "bard", NewRank: "poet"},
			membership.LogEntry{Kind: membership.LogRank, Actor: admin, User: ann, Was: "bard", Text: "poet"},
		},
		{
			"edit", ann, &tg.ChannelAdminLogEventActionEditMessage{
				PrevMessage: &tg.Message{ID: 9, FromID: &tg.PeerUser{UserID: ann}, Message: "helo"},
				NewMessage:  &tg.Message{ID: 9, FromID: &tg.PeerUser{UserID: ann}, Message: strings.Repeat("é", 300)},
			},
			membership.LogEntry{
				Kind: membership.LogMessageEdited, Actor: ann, User: ann, Message: 9, Was: "helo", Text: strings.Repeat("é", 199) + "…",
			},
		},
		{"delete nothing", admin, &tg.ChannelAdminLogEventActionDeleteMessage{Message: &tg.MessageEmpty{ID: 4}}, membership.LogEntry{
			Kind: membership.LogMessageDeleted, Actor: admin, Message: 4,
		}},
		{"poll", admin, &tg.ChannelAdminLogEventActionStopPoll{Message: poll}, membership.LogEntry{
			Kind: membership.LogPollStopped, Actor: admin, User: ann, Message: 5, Text: "tea?",
		}},
		{"forum", admin, &tg.ChannelAdminLogEventActionToggleForum{NewValue: true}, membership.LogEntry{
			Kind: membership.LogForum, Actor: admin, Was: "off", Text: "on",
		}},
		{"slow mode", admin, &tg.ChannelAdminLogEventActionToggleSlowMode{NewValue: 30}, membership.LogEntry{
			Kind: membership.LogSlowMode, Actor: admin, Was: "off", Text: "30 s",
		}},
		{
			"rights", admin, &tg.ChannelAdminLogEventActionDefaultBannedRights{NewBannedRights: tg.ChatBannedRights{SendPolls: true, InviteUsers: true}},
			membership.LogEntry{Kind: membership.LogDefaultRights, Actor: admin, Was: "nothing is forbidden", Text: "no polls, invite_users"},
		},
		{"a link is a way in", admin, &tg.ChannelAdminLogEventActionExportedInviteRevoke{Invite: link}, membership.LogEntry{
			Kind: membership.LogLinkRevoked, Actor: admin, Text: "https://t.me/+AbCd…",
		}},
		{
			"unpin a topic", admin, &tg.ChannelAdminLogEventActionPinTopic{PrevTopic: &tg.ForumTopic{ID: 3, Title: "rules"}},
			membership.LogEntry{Kind: membership.LogTopicPinned, Actor: admin, Was: "rules"},
		},
		{"from a later layer", admin, nil, membership.LogEntry{Kind: membership.LogOther, Actor: admin}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.ID, tt.want.At = 77, 100
			got, ok := tlmap.LogEntry(tg.ChannelAdminLogEvent{ID: 77, Date: 100, UserID: tt.actor, Action: tt.action})
			require.True(t, ok)
			require.Equal(t, tt.want, got)
		})
	}
	_, ok := tlmap.LogEntry(tg.ChannelAdminLogEvent{Date: 100})
	require.False(t, ok, "an entry without an id")
}

// Each of the actions of this layer has a kind, and all kinds have words.
func TestEveryActionOfTheAdminLogHasAKind(t *testing.T) {
	constructors := tg.TypesConstructorMap()
	ids := tg.ClassConstructorsMap()[tg.ChannelAdminLogEventActionClassName]
	require.Len(t, ids, 52)
	met := map[membership.LogKind]string{}
	for _, id := range ids {
		a, ok := constructors[id]().(action)
		require.True(t, ok)
		got, ok := tlmap.LogEntry(tg.ChannelAdminLogEvent{ID: 1, Action: a})
		require.True(t, ok)
		require.NotEqual(t, membership.LogOther, got.Kind, a.TypeName())
		require.Empty(t, met[got.Kind], a.TypeName())
		met[got.Kind] = a.TypeName()
	}
	words := map[string]bool{}
	for k := membership.LogOther; k <= membership.LastLogKind; k++ {
		var read membership.LogKind
		require.NoError(t, read.UnmarshalText([]byte(k.String())))
		require.Equal(t, k, read)
		require.False(t, words[k.String()])
		words[k.String()] = true
	}
	require.Error(t, new(membership.LogKind).UnmarshalText([]byte((membership.LastLogKind + 1).String())))
}

// A membership action has no text in the archive but the title that somebody is given: what it says is in the ledger, and a raid of
// thousands must cost little.
func TestAnEntryOfTheArchiveNamesWhomTheLedgerNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := tg.ChannelAdminLogEvent{
			ID: rapid.Int64Min(1).Draw(t, "id"), Date: 100, Action: actions().Draw(t, "action"),
			UserID: rapid.SampledFrom([]int64{ann, admin, 0, -1}).Draw(t, "actor"),
		}
		entry, ok := tlmap.LogEntry(e)
		require.True(t, ok)
		for _, got := range tlmap.AdminLogEvents(e, supergroup, readAt) {
			if got.Evidence.Grade == membership.GradeA {
				require.Equal(t, got.User, entry.User)
				require.Equal(t, got.Evidence.Actor, entry.Actor)
			}
		}
	})
}

// FuzzLogEntry: whatever Telegram sends, an entry is short, valid UTF-8 and of a known kind.
func FuzzLogEntry(f *testing.F) {
	for _, id := range tg.ClassConstructorsMap()[tg.ChannelAdminLogEventActionClassName] {
		a, ok := tg.TypesConstructorMap()[id]().(action)
		if !ok {
			continue
		}
		var b bin.Buffer
		if (&tg.ChannelAdminLogEvent{ID: 1, Date: 1, UserID: ann, Action: a}).Encode(&b) == nil {
			f.Add(b.Raw())
		}
	}
	var b bin.Buffer
	if (&tg.ChannelAdminLogEvent{ID: 1, Action: &tg.ChannelAdminLogEventActionChangeTitle{NewValue: "\xff" + strings.Repeat("\u202e", 400)}}).Encode(&b) == nil {
		f.Add(b.Raw())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var e tg.ChannelAdminLogEvent
		if e.Decode(&bin.Buffer{Buf: raw}) != nil {
			return
		}
		l, ok := tlmap.LogEntry(e)
		if !ok {
			return
		}
		for _, s := range []string{l.Was, l.Text} {
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > membership.LogTextLimit {
				t.Fatalf("%q", s)
			}
		}
		if l.Kind > membership.LastLogKind || l.Actor < 0 || l.User < 0 || l.Message < 0 {
			t.Fatalf("%+v", l)
		}
	})
}
