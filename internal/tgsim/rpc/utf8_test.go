package rpc_test

import (
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/world"
)

// Text that is no UTF-8 is refused wherever it stands in a request, and bytes are not text.
func TestTextIsUTF8(t *testing.T) {
	s := newStage(t, world.Options{Seed: 1, Members: 100})
	c := s.group(s.owner)
	peer := &tg.InputPeerChannel{ChannelID: c.ChannelID, AccessHash: c.AccessHash}
	for name, request := range map[string]bin.Encoder{
		"field":     &tg.ChannelsEditTitleRequest{Channel: c, Title: "a\xffb"},
		"interface": &tg.ChannelsGetParticipantsRequest{Channel: c, Filter: &tg.ChannelParticipantsSearch{Q: "\xc3"}},
		"list": &tg.MessagesSendMessageRequest{Peer: peer, Message: "x", RandomID: 1, Entities: []tg.MessageEntityClass{
			&tg.MessageEntityTextURL{Length: 1, URL: "\xed\xa0\x80"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			isErr(t, invoker{s.rpc, ownerKey}.Invoke(t.Context(), request, new(tg.BoolTrue)), 400, "INPUT_FETCH_ERROR")
		})
	}
	_, err := s.owner.AuthAcceptLoginToken(t.Context(), []byte("\xff\xfe"))
	isErr(t, err, 400, "AUTH_TOKEN_INVALID")
	s.list(s.owner, c, &tg.ChannelParticipantsSearch{Q: "Ж\u200dé"}, 0, 1)
}
