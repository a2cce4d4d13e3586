package tlmap_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

func TestProfile(t *testing.T) {
	for _, tt := range []struct {
		name string
		user tg.UserClass
		want membership.Profile
	}{
		{
			"plain", &tg.User{ID: ann, FirstName: "Ann", LastName: "Lee", Username: "ann"},
			membership.Profile{User: ann, FirstName: "Ann", LastName: "Lee", Username: "ann"},
		},
		{
			"several names",
			&tg.User{ID: ann, Usernames: []tg.Username{{Username: "old"}, {Username: "ann", Active: true}, {Username: "lee", Active: true}}},
			membership.Profile{User: ann, Username: "ann"},
		},
		{"deleted", &tg.User{ID: ann, Deleted: true}, membership.Profile{User: ann, Deleted: true}},
		{"bot", &tg.User{ID: ann, Bot: true, FirstName: "B"}, membership.Profile{User: ann, Bot: true, FirstName: "B"}},
		{"min", &tg.User{ID: ann, Min: true, FirstName: "A"}, membership.Profile{User: ann, Min: true, FirstName: "A"}},
	} {
		got, ok := tlmap.Profile(tt.user)
		require.True(t, ok, tt.name)
		require.Equal(t, tt.want, got, tt.name)
	}
	for _, u := range []tg.UserClass{nil, &tg.UserEmpty{ID: ann}, &tg.User{}} {
		_, ok := tlmap.Profile(u)
		require.False(t, ok)
	}
}

func TestUserHash(t *testing.T) {
	id, hash, ok := tlmap.UserHash(&tg.User{ID: ann, AccessHash: 5})
	require.True(t, ok)
	require.Equal(t, membership.UserID(ann), id)
	require.Equal(t, int64(5), hash)
	for _, u := range []tg.UserClass{nil, &tg.UserEmpty{ID: ann}, &tg.User{ID: ann}, &tg.User{ID: ann, AccessHash: 5, Min: true}} {
		_, _, ok := tlmap.UserHash(u)
		require.False(t, ok)
	}
}

func TestGroup(t *testing.T) {
	owner := func(g membership.Group) membership.Group {
		g.Creator, g.Admin, g.Rights = true, true, membership.Rights{Admin: true, BanUsers: true, InviteUsers: true}
		return g
	}
	admin := func(g membership.Group, ban, invite bool) membership.Group {
		g.Admin, g.Rights = true, membership.Rights{Admin: true, BanUsers: ban, InviteUsers: invite}
		return g
	}
	for _, tt := range []struct {
		name string
		chat tg.ChatClass
		want membership.Group
	}{
		{
			"supergroup owned",
			&tg.Channel{ID: 5, AccessHash: 8, Megagroup: true, Title: "G", Username: "gg", Creator: true, ParticipantsCount: 12},
			owner(membership.Group{ID: 5, AccessHash: 8, Kind: membership.Supergroup, Title: "G", Username: "gg", Total: 12}),
		},
		{
			"supergroup administered",
			&tg.Channel{ID: 5, Megagroup: true, AdminRights: tg.ChatAdminRights{InviteUsers: true}},
			admin(membership.Group{ID: 5, Kind: membership.Supergroup}, false, true),
		},
		{"supergroup as member", &tg.Channel{ID: 5, Megagroup: true}, membership.Group{ID: 5, Kind: membership.Supergroup}},
		{"gigagroup", &tg.Channel{ID: 5, Gigagroup: true}, membership.Group{ID: 5, Kind: membership.Supergroup}},
		{
			"channel",
			&tg.Channel{ID: 5, Broadcast: true, Usernames: []tg.Username{{Username: "c", Active: true}}},
			membership.Group{ID: 5, Kind: membership.Channel, Username: "c"},
		},
		{
			"left by its creator",
			&tg.Channel{ID: 5, Megagroup: true, Creator: true, Left: true},
			membership.Group{ID: 5, Kind: membership.Supergroup},
		},
		{"min", &tg.Channel{ID: 5, Megagroup: true, Min: true, AccessHash: 8}, membership.Group{ID: 5, Kind: membership.Supergroup}},
		{
			"basic group",
			&tg.Chat{ID: 6, Title: "B", ParticipantsCount: 3, AdminRights: tg.ChatAdminRights{BanUsers: true}},
			admin(membership.Group{ID: 6, Kind: membership.BasicGroup, Title: "B", Total: 3}, true, false),
		},
		{"basic group owned", &tg.Chat{ID: 6, Creator: true}, owner(membership.Group{ID: 6, Kind: membership.BasicGroup})},
	} {
		got, ok := tlmap.Group(tt.chat)
		require.True(t, ok, tt.name)
		require.Equal(t, tt.want, got, tt.name)
	}
	for name, c := range map[string]tg.ChatClass{
		"nothing": nil, "empty": &tg.ChatEmpty{ID: 1}, "forbidden": &tg.ChatForbidden{ID: 1},
		"forbidden channel": &tg.ChannelForbidden{ID: 1},
		"migrated":          &tg.Chat{ID: 1, Deactivated: true}, "monoforum": &tg.Channel{ID: 1, Monoforum: true}, "community": &tg.Community{ID: 1},
	} {
		_, ok := tlmap.Group(c)
		require.False(t, ok, name)
	}
}

func TestRights(t *testing.T) {
	require.Equal(t, membership.Rights{Admin: true, BanUsers: true, InviteUsers: true}, tlmap.Rights(&tg.ChannelParticipantCreator{UserID: 1}))
	require.Equal(t, membership.Rights{Admin: true, BanUsers: true}, tlmap.Rights(&tg.ChannelParticipantAdmin{AdminRights: tg.ChatAdminRights{BanUsers: true}}))
	require.Equal(t, membership.Rights{}, tlmap.Rights(&tg.ChannelParticipantAdmin{}))
	require.Equal(t, membership.Rights{}, tlmap.Rights(member))
	require.Equal(t, membership.Rights{}, tlmap.Rights(nil))
}

func TestLeftOut(t *testing.T) {
	for _, c := range []tg.ChatClass{&tg.ChannelForbidden{}, &tg.ChatForbidden{}, &tg.ChatEmpty{}, &tg.Channel{Left: true}, &tg.Chat{Left: true}} {
		require.True(t, tlmap.LeftOut(c), "%T", c)
	}
	for _, c := range []tg.ChatClass{&tg.Channel{}, &tg.Chat{}} {
		require.False(t, tlmap.LeftOut(c), "%T", c)
	}
}
