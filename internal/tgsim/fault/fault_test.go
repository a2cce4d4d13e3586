package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/mtproto"
)

var lines = []string{
	"drop 10% of updateChannelParticipant left to bot",
	"cut after 1 of 50 channels.getParticipants from owner",
	"cut before channels.getParticipants",
	"late 3s messages.sendMessage",
	"delay 250ms updates to 2271432417",
	"duplicate 0.5% of updateChannelParticipant joined once",
	"reorder updates 3 times",
	"reorder 2s updates",
	"garbage calls",
	"silence 1 of 3 calls",
	"fail 500 INTERNAL 5% of calls",
	"fail 400 PEER_FLOOD messages.sendMessage from bot",
	"flood 31s channels.getParticipants from owner once",
}

func TestRulesAreReadAndWritten(t *testing.T) {
	for _, line := range lines {
		r, err := fault.Parse("  " + strings.ReplaceAll(line, " ", "\t ") + " ")
		require.NoError(t, err)
		assert.Equal(t, line, r.String())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for line, says := range map[string]string{
		"":                                        "is not one of drop, delay",
		"lose updates":                            `"lose" is not one of`,
		"cut through calls":                       `"cut through"`,
		"late messages.sendMessage":               "a time like 3s",
		"late 0s calls":                           "not more than 0",
		"delay 25h calls":                         "at most 24h",
		"flood 1500ms calls":                      "whole seconds",
		"fail calls":                              "no code",
		"fail 200 FINE calls":                     "no code",
		"fail 500 oops calls":                     "no name",
		"drop":                                    "of what",
		"drop 0% of calls":                        "0%",
		"drop NaN% of calls":                      "NaN%",
		"drop 101% of calls":                      "100%",
		"drop 10% calls":                          "followed by of",
		"drop 1 calls":                            "followed by of",
		"drop 1 of 1 calls":                       "from 2",
		"drop 1 of +3 calls":                      "+3",
		"drop channels.getParticipant5":           "neither",
		"drop auth.sentCode":                      "neither",
		"drop messageActionChatCreate":            "neither",
		"late 3s updates":                         "is for calls",
		"drop calls to bot":                       "calls are from",
		"drop updates from bot":                   "updates to",
		"drop updates to nobody":                  "not owner, bot or an id",
		"drop updates to -5":                      "-5",
		"drop updates to":                         "not owner",
		"drop updates 3":                          "followed by times",
		"drop updates left":                       `"left"`,
		"drop updates once more":                  `"more" is too much`,
		"drop updates 0 times":                    "from 1",
		"drop updateChannelParticipant left left": `"left"`,
	} {
		_, err := fault.Parse(line)
		require.Error(t, err, line)
		assert.Contains(t, err.Error(), says, line)
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range lines {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := fault.Parse(line)
		if err != nil {
			return
		}
		again, err := fault.Parse(r.String())
		require.NoError(t, err)
		assert.Equal(t, r, again)
	})
}

// book knows two accounts by their keys' first byte.
type book struct{ imposed []string }

func (*book) Whose(key mtproto.KeyID) fault.Account {
	return map[byte]fault.Account{1: {ID: 11, Role: fault.Owner}, 2: {ID: 22, Role: fault.Bot}, 3: {ID: 33}}[key[0]]
}

func (b *book) Impose(account int64, method string, seconds int) error {
	if method == "" {
		return errors.New("no method")
	}
	b.imposed = append(b.imposed, fmt.Sprint(account, " ", method, " ", seconds))
	return nil
}

func board(t *testing.T, rules ...string) (*fault.Board, *book) {
	t.Helper()
	b, methods := fault.NewBoard(1), new(book)
	b.Bind(methods)
	for _, line := range rules {
		r, err := fault.Parse(line)
		require.NoError(t, err)
		b.Add(r)
	}
	return b, methods
}

var (
	owner = mtproto.KeyID{1}
	bot   = mtproto.KeyID{2}
	other = mtproto.KeyID{3}
)

const (
	pages = tg.ChannelsGetParticipantsRequestTypeID
	send  = tg.MessagesSendMessageRequestTypeID
)

func left(in bool) *tg.Updates {
	up := &tg.UpdateChannelParticipant{PrevParticipant: &tg.ChannelParticipant{}}
	if in {
		up.PrevParticipant, up.NewParticipant = nil, up.PrevParticipant
	}
	return &tg.Updates{Updates: []tg.UpdateClass{up}}
}

func TestAShareOfLeavesIsLostToTheBotAlone(t *testing.T) {
	b, _ := board(t, "drop 10% of updateChannelParticipant left to bot")
	lost := 0
	for range 10_000 {
		require.Equal(t, mtproto.Pass, b.Push(bot, left(true)).Fault, "who joins is told of")
		require.Equal(t, mtproto.Pass, b.Push(owner, left(false)).Fault)
		if b.Push(bot, left(false)).Fault == mtproto.Drop {
			lost++
		}
	}
	assert.InDelta(t, 1000, lost, 100)
	assert.Equal(t, []fault.Standing{{ID: 1, Rule: "drop 10% of updateChannelParticipant left to bot", Seen: 10_000, Struck: lost}}, b.Rules())
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	draw := func(rules ...string) (out []mtproto.Fault) {
		b, _ := board(t, rules...)
		for range 200 {
			out = append(out, b.Answer(owner, pages).Fault)
		}
		return out
	}
	first := draw("drop 20% of calls")
	assert.Equal(t, first, draw("drop 20% of calls"))
	assert.Equal(t, first, draw("drop 20% of calls", "garbage 50% of updates"), "later rules change nothing")
	assert.Contains(t, first, mtproto.Drop)
	assert.Contains(t, first, mtproto.Pass)
}

func TestTheFirstRuleThatStrikesDecides(t *testing.T) {
	b, _ := board(t, "cut after 1 of 3 channels.getParticipants from owner", "late 3s calls from owner", "garbage calls 2 times")
	var got []mtproto.Fault
	for range 6 {
		got = append(got, b.Answer(owner, pages).Fault)
	}
	late, cut := mtproto.Late, mtproto.CutAfter
	assert.Equal(t, []mtproto.Fault{late, late, cut, late, late, cut}, got)
	assert.Equal(t, mtproto.Verdict{Fault: mtproto.Late, Delay: 3 * time.Second}, b.Answer(owner, send))
	assert.Equal(t, mtproto.Garbage, b.Answer(bot, send).Fault)
	assert.Equal(t, mtproto.Garbage, b.Answer(mtproto.KeyID{}, send).Fault)
	assert.Equal(t, mtproto.Pass, b.Answer(bot, send).Fault, "twice was all")
	assert.True(t, b.Remove(2))
	assert.False(t, b.Remove(2))
	assert.Equal(t, mtproto.Pass, b.Answer(owner, send).Fault)
	b.Clear()
	assert.Empty(t, b.Rules())
}

func TestAFloodIsImposedSoThatItsWaitIsRemembered(t *testing.T) {
	b, methods := board(t, "flood 31s channels.getParticipants once", "flood 5s calls once")
	var told []string
	b.Watch(func(line string) { told = append(told, line) })
	assert.Equal(t, mtproto.Pass, b.Answer(other, pages).Fault)
	assert.Equal(t, []string{"33 channels.getParticipants 31"}, methods.imposed)
	v := b.Answer(mtproto.KeyID{}, send)
	assert.Equal(t, mtproto.Fail, v.Fault, "before login there is nobody to impose it on")
	assert.Equal(t, "FLOOD_WAIT_5", v.Error.Message)
	assert.Equal(t, []string{
		"channels.getParticipants from 33: flood 31s channels.getParticipants once",
		"messages.sendMessage from nobody: flood 5s calls once",
	}, told)
}

func TestErrorsAreTheRules(t *testing.T) {
	b, _ := board(t, "fail 400 PEER_FLOOD messages.sendMessage from bot")
	v := b.Answer(bot, send)
	assert.Equal(t, mtproto.Fail, v.Fault)
	assert.Equal(t, 400, v.Error.Code)
	assert.Equal(t, "PEER_FLOOD", v.Error.Message)
	assert.Equal(t, mtproto.Pass, b.Answer(bot, pages).Fault)
}

func TestContainersOfEveryKindAreSearched(t *testing.T) {
	b, _ := board(t, "duplicate updateChannel to 33")
	up := &tg.UpdateChannel{}
	for _, u := range []tg.UpdatesClass{
		&tg.UpdateShort{Update: up}, &tg.Updates{Updates: []tg.UpdateClass{up}}, &tg.UpdatesCombined{Updates: []tg.UpdateClass{up}},
	} {
		assert.Equal(t, mtproto.Duplicate, b.Push(other, u).Fault)
	}
	assert.Equal(t, mtproto.Pass, b.Push(other, &tg.UpdatesTooLong{}).Fault)
}

func TestReorderWaitsForTheNextThatTheRuleIsAbout(t *testing.T) {
	b, _ := board(t, "reorder updateChannelParticipant joined to bot once")
	v := b.Push(bot, left(true))
	require.Equal(t, mtproto.Hold, v.Fault)
	assert.True(t, v.Next(left(true)))
	assert.False(t, v.Next(left(false)))
	assert.False(t, v.Next(&tg.UpdateShort{Update: &tg.UpdateChannel{}}))
	b, _ = board(t, "reorder updates")
	assert.True(t, b.Push(bot, left(true)).Next(&tg.UpdatesTooLong{}))
}
