package rpc

import (
	"context"
	"net/url"

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
	register(s, func() *tg.MessagesSetTypingRequest { return new(tg.MessagesSetTypingRequest) }, s.setTyping, signedIn)
	register(s, func() *tg.MessagesSetBotCallbackAnswerRequest {
		return new(tg.MessagesSetBotCallbackAnswerRequest)
	}, s.setBotCallbackAnswer, botOnly)
}

// private returns the user on the other side of a private dialog. In groups nobody writes here.
func (s *Server) private(c caller, in tg.InputPeerClass) (world.UserID, error) {
	p, err := s.cfg.World.ResolvePeer(c.Account, in)
	switch {
	case err != nil:
		return 0, err
	case p.User == 0:
		return 0, tgerr.New(403, "CHAT_WRITE_FORBIDDEN")
	}
	return p.User, nil
}

func (s *Server) sendMessage(_ context.Context, c caller, r *tg.MessagesSendMessageRequest) (bin.Encoder, error) {
	to, err := s.private(c, r.Peer)
	if err != nil {
		return nil, err
	}
	rows, err := buttons(r.ReplyMarkup)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.Send(c.Account, to, world.Draft{Text: r.Message, Buttons: rows, RandomID: r.RandomID}))
}

// editMessage keeps the text if the request has none; without a markup the buttons go.
func (s *Server) editMessage(_ context.Context, c caller, r *tg.MessagesEditMessageRequest) (bin.Encoder, error) {
	to, err := s.private(c, r.Peer)
	if err != nil {
		return nil, err
	}
	rows, err := buttons(r.ReplyMarkup)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.Edit(c.Account, to, r.ID, world.Draft{Text: r.Message, Buttons: rows}))
}

func (s *Server) setTyping(_ context.Context, c caller, r *tg.MessagesSetTypingRequest) (bin.Encoder, error) {
	to, err := s.private(c, r.Peer)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.World.Reachable(c.Account, to); err != nil {
		return nil, err
	}
	return &tg.BoolTrue{}, nil
}

func (s *Server) setBotCallbackAnswer(
	_ context.Context, c caller, r *tg.MessagesSetBotCallbackAnswerRequest,
) (bin.Encoder, error) {
	if err := s.cfg.World.AnswerQuery(c.Account, r.QueryID); err != nil {
		return nil, err
	}
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
