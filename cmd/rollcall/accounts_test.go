package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/supergroup"
)

// chatless is an account that is in no group.
type chatless struct{ supergroup.API }

func (chatless) MessagesGetDialogs(context.Context, *tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
	return &tg.MessagesDialogs{}, nil
}

func TestAnAccountThatWasPutOutOfTheGroupIsToldSo(t *testing.T) {
	r, err := roster.Open(filepath.Join(t.TempDir(), "roster.db"), roster.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	g := membership.Group{ID: 7, Kind: membership.Supergroup, Title: "Readers", Admin: true, Rights: membership.Rights{BanUsers: true}}
	require.NoError(t, r.PutGroup(t.Context(), g))
	d := desk{roster: r}

	d.cfg.Group = "-1000000000007"
	_, err = d.administered(t.Context(), chatless{}, d.cfg)
	require.ErrorContains(t, err, `the account is not in "Readers" any more`)
	judged := judge(err)
	require.Equal(t, exitPermission, judged.code)
	require.Contains(t, judged.hint, "what is known of it is kept")
	known, _, err := r.Group(t.Context(), 7)
	require.NoError(t, err)
	require.False(t, known.Admin)
	require.Zero(t, known.Rights)

	d.cfg.Group = "-1000000000008"
	_, err = d.administered(t.Context(), chatless{}, d.cfg)
	require.Equal(t, exitNotFound, judge(err).code, "of a group that nobody knows there is nothing to say")
}
