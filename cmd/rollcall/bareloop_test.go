package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/walk"
)

// The processes that BenchmarkSync measures Rollcall against. Each has a folder; ready.json in it says where the simulator is.
//
//	bareloop serve MEMBERS SEED  the simulator, until its standard input ends; on standard output, where it is
//	bareloop login DIR           signs the plain client in
//	bareloop record DIR          walks as Rollcall plans it, with nothing stored, and writes what was asked to queries.json
//	bareloop read DIR            the bare loop: asks the same again and keeps the rows in a map
func bareLoop() int {
	deeds := map[string]func(context.Context, []string) error{
		"serve": serveBare, "login": loginBare, "record": recordBare, "read": readBare,
	}
	deed := deeds[os.Args[1]]
	if err := deed(context.Background(), os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bareloop:", os.Args[1:], err)
		return 1
	}
	return 0
}

func serveBare(ctx context.Context, args []string) error {
	members, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	server, err := tgsim.Start(ctx, tgsim.Options{Members: members, Seed: seed, Budgets: rpc.Unlimited()})
	if err != nil {
		return err
	}
	err = json.NewEncoder(os.Stdout).Encode(server.Ready())
	_, waited := io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, waited, server.Close())
}

// bareClient is a client as its library's readme has it: one connection, the session in a file, everything else by default.
func bareClient(dir string) (*telegram.Client, tgsim.Ready, error) {
	var r tgsim.Ready
	raw, err := os.ReadFile(filepath.Join(dir, "ready.json"))
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		return nil, r, err
	}
	pem, err := os.ReadFile(r.PublicKeyFile)
	if err != nil {
		return nil, r, err
	}
	keys, err := crypto.ParseRSAPublicKeys(pem)
	if err != nil {
		return nil, r, err
	}
	host, service, err := net.SplitHostPort(r.Address)
	if err != nil {
		return nil, r, err
	}
	port, err := strconv.Atoi(service)
	if err != nil {
		return nil, r, err
	}
	o := telegram.Options{
		DC: r.DC, DCList: dcs.List{Options: []tg.DCOption{{ID: r.DC, IPAddress: host, Port: port, Static: true}}},
		SessionStorage: &telegram.FileSessionStorage{Path: filepath.Join(dir, "bare.session")},
	}
	for _, key := range keys {
		o.PublicKeys = append(o.PublicKeys, telegram.PublicKey{RSA: key})
	}
	return telegram.NewClient(r.APIID, r.APIHash, o), r, nil
}

func loginBare(ctx context.Context, args []string) error {
	client, r, err := bareClient(args[0])
	if err != nil {
		return err
	}
	code := func(context.Context, *tg.AuthSentCode) (string, error) { return r.Owner.Code, nil }
	flow := auth.NewFlow(auth.Constant(r.Owner.Phone, r.Owner.Password, auth.CodeAuthenticatorFunc(code)), auth.SendCodeOptions{})
	return client.Run(ctx, func(ctx context.Context) error { return client.Auth().IfNecessary(ctx, flow) })
}

// asked is a query, as queries.json has them.
type asked []membership.Query

func recordBare(ctx context.Context, args []string) error {
	client, r, err := bareClient(args[0])
	if err != nil {
		return err
	}
	var queries asked
	err = client.Run(ctx, func(ctx context.Context) error {
		found, err := supergroup.Find(ctx, client.API(), "@"+r.Group.Username)
		if err != nil {
			return err
		}
		group := supergroup.New(client.API(), supergroup.Config{Group: found, Me: membership.UserID(r.Owner.UserID)})
		told, err := group.Describe(ctx)
		if err != nil {
			return err
		}
		queries, err = planned(ctx, group, walk.New(walk.Options{Kind: told.Kind, Level: membership.Normal, Total: told.Total}))
		return err
	})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(queries)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(args[0], "queries.json"), raw, 0o600)
}

// planned walks the group to the end and returns what was asked.
func planned(ctx context.Context, group *supergroup.Group, walker *walk.Walker) (queries asked, err error) {
	for at := (membership.Walk{ID: 1, Checkpoint: walker.Checkpoint()}); !at.Checkpoint.Done(); {
		q := at.Checkpoint.Next
		page, err := group.Page(ctx, at, q)
		if err != nil {
			return nil, err
		}
		queries = append(queries, q)
		at.Checkpoint = walker.Take(page).After
	}
	return queries, nil
}

// bareTally is what the bare loop read.
type bareTally struct{ Pages, Full, Rows, People int }

func readBare(ctx context.Context, args []string) error {
	client, r, err := bareClient(args[0])
	if err != nil {
		return err
	}
	var queries asked
	raw, err := os.ReadFile(filepath.Join(args[0], "queries.json"))
	if err == nil {
		err = json.Unmarshal(raw, &queries)
	}
	if err != nil {
		return err
	}
	var tally bareTally
	err = client.Run(ctx, func(ctx context.Context) error {
		tally, err = bareRead(ctx, client.API(), r.Group.Username, queries)
		return err
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(tally)
}

func bareRead(ctx context.Context, api *tg.Client, username string, queries asked) (tally bareTally, err error) {
	found, err := api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: username})
	if err != nil {
		return tally, err
	}
	channel := found.Chats[0].(*tg.Channel).AsInput()
	rows, users := map[int64]tg.ChannelParticipantClass{}, map[int64]tg.UserClass{}
	for _, q := range queries {
		answer, err := api.ChannelsGetParticipants(ctx, &tg.ChannelsGetParticipantsRequest{
			Channel: channel, Filter: bareFilter(q), Offset: q.Offset, Limit: membership.PageLimit,
		})
		if err != nil {
			return tally, err
		}
		page, ok := answer.(*tg.ChannelsChannelParticipants)
		if !ok {
			return tally, fmt.Errorf("%v was answered with %s", q, answer.TypeName())
		}
		tally.take(page)
		for _, row := range page.Participants {
			if of, ok := row.(interface{ GetUserID() int64 }); ok {
				rows[of.GetUserID()] = row
			}
		}
		for _, user := range page.Users {
			users[user.GetID()] = user
		}
	}
	tally.People = len(users)
	return tally, nil
}

func (t *bareTally) take(page *tg.ChannelsChannelParticipants) {
	t.Pages++
	t.Rows += len(page.Participants)
	if len(page.Participants) == membership.PageLimit {
		t.Full++
	}
}

func bareFilter(q membership.Query) tg.ChannelParticipantsFilterClass {
	switch q.List {
	case membership.ListAdmins:
		return &tg.ChannelParticipantsAdmins{}
	case membership.ListBots:
		return &tg.ChannelParticipantsBots{}
	case membership.ListKicked:
		return &tg.ChannelParticipantsKicked{}
	case membership.ListBanned:
		return &tg.ChannelParticipantsBanned{}
	case membership.ListSearch:
		return &tg.ChannelParticipantsSearch{Q: q.Text}
	}
	return &tg.ChannelParticipantsRecent{}
}
