package rpc

import (
	"context"
	"net/url"
	"slices"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerMessages() {
	register(s, func() *tg.MessagesSendMessageRequest {
		return new(tg.MessagesSendMessageRequest)
	}, s.sendMessage, signedIn)
	register(s, func() *tg.MessagesEditMessageRequest {
		return new(tg.MessagesEditMessageRequest)
	}, s.editMessage, signedIn)
	register(s, func() *tg.MessagesDeleteMessagesRequest {
		return new(tg.MessagesDeleteMessagesRequest)
	}, s.deleteMessages, signedIn)
	register(s, func() *tg.MessagesSetTypingRequest { return new(tg.MessagesSetTypingRequest) }, s.setTyping, signedIn)
	register(s, func() *tg.MessagesSetBotCallbackAnswerRequest {
		return new(tg.MessagesSetBotCallbackAnswerRequest)
	}, s.setBotCallbackAnswer, botOnly)
	s.registerWithBots()
}

func (s *Server) sendMessage(_ context.Context, c caller, r *tg.MessagesSendMessageRequest) (bin.Encoder, error) {
	to, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
	if err != nil {
		return nil, err
	}
	rows, err := buttons(r.ReplyMarkup)
	if err != nil {
		return nil, err
	}
	d := world.Draft{Text: r.Message, Buttons: rows, RandomID: r.RandomID}
	switch {
	case to.Channel != 0:
		return s.done(c)(s.cfg.World.Post(c.Account, to.Channel, d))
	case to.Chat != 0:
		return s.done(c)(s.cfg.World.PostChat(c.Account, to.Chat, d))
	}
	return s.done(c)(s.cfg.World.Send(c.Account, to.User, d))
}

// editMessage keeps the text if the request has none; without a markup the buttons go.
func (s *Server) editMessage(_ context.Context, c caller, r *tg.MessagesEditMessageRequest) (bin.Encoder, error) {
	to, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
	if err != nil {
		return nil, err
	}
	rows, err := buttons(r.ReplyMarkup)
	if err != nil {
		return nil, err
	}
	d := world.Draft{Text: r.Message, Buttons: rows}
	if to.Channel != 0 {
		return s.done(c)(s.cfg.World.EditPost(c.Account, to.Channel, r.ID, d))
	}
	return s.done(c)(s.cfg.World.Edit(c.Account, to, r.ID, d))
}

func (s *Server) deleteMessages(_ context.Context, c caller, r *tg.MessagesDeleteMessagesRequest) (bin.Encoder, error) {
	affected, others := s.cfg.World.Delete(c.Account, r.ID, r.Revoke)
	s.tellOthers(c, others)
	return affected, nil
}

func (s *Server) setTyping(_ context.Context, c caller, r *tg.MessagesSetTypingRequest) (bin.Encoder, error) {
	to, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.World.Typing(c.Account, to, r.Action); err != nil {
		return nil, err
	}
	return &tg.BoolTrue{}, nil
}

// done answers a call that changed something, and tells the account's other clients: the caller's own
// has it from the answer.
func (s *Server) done(c caller) func(*tg.Updates, error) (bin.Encoder, error) {
	return func(u *tg.Updates, err error) (bin.Encoder, error) {
		if err != nil {
			return nil, err
		}
		s.tellOthers(c, u)
		return u, nil
	}
}

// tellOthers pushes what the caller's own client is answered to the account's other clients.
func (s *Server) tellOthers(c caller, u *tg.Updates) {
	p := s.carrier()
	if p == nil {
		return
	}
	rest := *u
	rest.Updates = slices.DeleteFunc(slices.Clone(u.Updates), func(up tg.UpdateClass) bool {
		_, answer := up.(*tg.UpdateMessageID)
		return answer
	})
	if len(rest.Updates) == 0 {
		return
	}
	for _, key := range s.logins.keys(c.Account, c.DC) {
		if key != c.Key {
			p.Push(key, s.framed(&rest))
		}
	}
}

func (s *Server) setBotCallbackAnswer(
	_ context.Context, c caller, r *tg.MessagesSetBotCallbackAnswerRequest,
) (bin.Encoder, error) {
	if err := s.cfg.World.AnswerQuery(c.Account, r.QueryID); err != nil {
		return nil, err
	}
	s.cfg.World.Tell(c.Account, "answered a press of a button")
	return &tg.BoolTrue{}, nil
}

// maxButtonData is the longest data of a callback button, in bytes.
const maxButtonData = 64

// buttons reads an inline keyboard; other markups show no buttons in the message and are dropped.
func buttons(in tg.ReplyMarkupClass) ([][]world.Button, error) {
	m, ok := in.(*tg.ReplyInlineMarkup)
	if !ok {
		return nil, nil
	}
	var out [][]world.Button
	for _, line := range m.Rows {
		var row []world.Button
		for _, key := range line.Buttons {
			b, err := button(key)
			if err != nil {
				return nil, err
			}
			row = append(row, b)
		}
		if len(row) > 0 {
			out = append(out, row)
		}
	}
	return out, nil
}

func button(key tg.KeyboardInlineButton) (world.Button, error) {
	b := world.Button{Text: key.Text}
	if b.Text == "" {
		return b, tgerr.New(400, "BUTTON_TEXT_INVALID")
	}
	switch t := key.Type.(type) {
	case *tg.InlineButtonTypeCallback:
		if len(t.Data) == 0 || len(t.Data) > maxButtonData {
			return b, tgerr.New(400, "BUTTON_DATA_INVALID")
		}
		b.Data = string(t.Data)
	case *tg.InlineButtonTypeURL:
		if u, err := url.Parse(t.URL); err != nil || u.Scheme == "" {
			return b, tgerr.New(400, "BUTTON_URL_INVALID")
		}
		b.URL = t.URL
	default:
		return b, tgerr.New(400, "BUTTON_TYPE_INVALID")
	}
	return b, nil
}
