package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

// registerWithBots registers what people do with bots in private.
func (s *Server) registerWithBots() {
	register(s, func() *tg.MessagesStartBotRequest { return new(tg.MessagesStartBotRequest) }, s.startBot, userOnly)
	register(s, func() *tg.ContactsBlockRequest { return new(tg.ContactsBlockRequest) },
		func(_ context.Context, c caller, r *tg.ContactsBlockRequest) (bin.Encoder, error) {
			return s.block(c, r.ID, s.cfg.World.Block)
		}, userOnly)
	register(s, func() *tg.ContactsUnblockRequest { return new(tg.ContactsUnblockRequest) },
		func(_ context.Context, c caller, r *tg.ContactsUnblockRequest) (bin.Encoder, error) {
			return s.block(c, r.ID, s.cfg.World.Unblock)
		}, userOnly)
}

// startBot starts bots in private only: deep links that add a bot to a group are PEER_ID_INVALID.
func (s *Server) startBot(_ context.Context, c caller, r *tg.MessagesStartBotRequest) (bin.Encoder, error) {
	bot, err := s.cfg.World.ResolveUser(c.Account, r.Bot)
	if err != nil {
		return nil, err
	}
	if _, private := r.Peer.(*tg.InputPeerEmpty); !private {
		in, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
		switch {
		case err != nil:
			return nil, err
		case in.User != bot:
			return nil, tgerr.New(400, "PEER_ID_INVALID")
		}
	}
	return s.done(c)(s.cfg.World.StartBot(c.Account, bot, r.StartParam, r.RandomID))
}

// block blocks bots and takes that back. Nothing here depends on people's blocking each other, which is refused.
func (s *Server) block(c caller, in tg.InputPeerClass, do func(u, bot world.UserID) error) (bin.Encoder, error) {
	whom, err := s.cfg.World.ResolvePeer(c.Account, in)
	if err != nil {
		return nil, err
	}
	err = do(c.Account, whom.User)
	if tgerr.Is(err, "BOT_INVALID") {
		err = tgerr.New(400, "CONTACT_ID_INVALID")
	}
	return isTrue(err)
}
