package mtproto

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// incoming is one message of a client, decrypted.
type incoming struct {
	id   int64
	seq  int
	body []byte
}

func (m incoming) typeID() uint32 {
	id, _ := (&bin.Buffer{Buf: m.body}).PeekID() // zero is no type
	return id
}

// handle handles one message, or each within a container. An error ends the connection; only
// what cannot be read at all is one.
func (c *conn) handle(s *session, m incoming) error {
	if len(m.body) < bin.Word {
		return errors.New("a message without a type")
	}
	if m.typeID() == proto.GZIPTypeID {
		// A query that cannot be unpacked is answered by an error.
		if plain, err := gunzip(&bin.Buffer{Buf: m.body}); err == nil {
			m.body = plain
		}
	}
	isContainer := m.typeID() == proto.MessageContainerTypeID
	if code := parity(m, !isContainer && !isService(m.typeID())); code != 0 {
		s.reject(m, code)
		return nil
	}
	code, again := s.number(m)
	switch {
	case isContainer && again:
		code = badContainerRepeat
	case m.id&3 != 0:
		code = badIDBits
	}
	if code != 0 {
		s.reject(m, code)
		return nil
	}
	if isContainer {
		return c.handleContainer(s, m)
	}
	return c.handleOne(s, m)
}

// handleOne handles a message that is no container and whose number is right.
func (c *conn) handleOne(s *session, m incoming) error {
	if m.seq&1 != 0 {
		s.owe(m.id)
	}
	if isService(m.typeID()) {
		if err := c.service(s, m, &bin.Buffer{Buf: m.body}); err != nil {
			return fmt.Errorf("read a service message: %w", err)
		}
		return nil
	}
	return c.query(s, m)
}

func (c *conn) handleContainer(s *session, m incoming) error {
	all, err := contained(m.body)
	if err != nil {
		return fmt.Errorf("read a container: %w", err)
	}
	if len(all) > maxContained {
		s.reject(m, badInvalidContainer)
		return nil
	}
	for _, one := range all {
		if one.typeID() == proto.MessageContainerTypeID {
			s.reject(m, badInvalidContainer)
			return nil
		}
	}
	for _, one := range all {
		if err := c.handle(s, one); err != nil {
			return err
		}
	}
	return nil
}

// contained takes a container apart without copying what it holds, which td's MessageContainer does.
func contained(body []byte) ([]incoming, error) {
	b := &bin.Buffer{Buf: body}
	if err := b.ConsumeID(proto.MessageContainerTypeID); err != nil {
		return nil, err
	}
	n, err := b.Int()
	if err != nil {
		return nil, err
	}
	var all []incoming
	for range n {
		one, err := nextContained(b)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func nextContained(b *bin.Buffer) (m incoming, err error) {
	if m.id, err = b.Long(); err != nil {
		return m, err
	}
	if m.seq, err = b.Int(); err != nil {
		return m, err
	}
	size, err := b.Int()
	if err != nil {
		return m, err
	}
	if size < 0 || size > b.Len() {
		return m, fmt.Errorf("a message of %d bytes where %d are left", size, b.Len())
	}
	m.body = b.Buf[:size:size]
	b.Skip(size)
	return m, nil
}

// start is a query that is to run.
type start struct {
	session *session
	query   *query
	request unwrapped
	err     error // the query could not be read
	verdict Verdict
}

// errCut ends a connection that a fault cuts.
var errCut = errors.New("cut by a fault")

// query notes a query to be run, or answers what it can of a repeated one. Nothing runs before the whole packet is
// read: in a container a query may come before the one that it is to follow.
func (c *conn) query(s *session, m incoming) error {
	if q, ok := s.find(m.id); ok {
		s.repeat(q, m)
		return nil
	}
	one := start{session: s}
	one.request, one.err = unwrap(m.body)
	if one.err == nil {
		one.verdict = c.srv.opt.Faults.Answer(s.belongs(), one.request.method())
	}
	switch one.verdict.Fault {
	case Silence:
		s.unhear(m.id)
		return nil
	case CutBefore:
		s.unhear(m.id)
		return errCut
	default: // strikes later
	}
	q, again := s.begin(m.id)
	if again {
		s.repeat(q, m)
		return nil
	}
	one.query = q
	s.active(one.request.noUpdates)
	c.starts = append(c.starts, one)
	return nil
}

// start runs the queries of a packet, each in a goroutine of its own.
func (c *conn) start(ctx context.Context) {
	for _, one := range c.starts {
		select {
		case c.running <- struct{}{}:
		case <-ctx.Done():
			return
		}
		c.handlers.Go(func() {
			defer func() { <-c.running }()
			c.run(ctx, one)
		})
	}
	clear(c.starts)
	c.starts = c.starts[:0]
}

// run executes a query and answers it, each as far as its verdict lets it.
func (c *conn) run(ctx context.Context, one start) {
	if one.verdict.Fault == Delay && c.srv.opt.Sleep(ctx, one.verdict.Delay) != nil {
		return
	}
	var answer bin.Encoder
	err := one.err
	if err == nil {
		answer, err = c.execute(ctx, one)
	}
	// A handler that was interrupted by the server's end has no answer.
	if err != nil && ctx.Err() != nil {
		return
	}
	body, failed := c.srv.result(one.query.id, answer, err)
	c.answer(ctx, one, body, failed)
}

// answer ends a query with its rpc_result, unless something is to go wrong with it.
func (c *conn) answer(ctx context.Context, one start, body []byte, failed bool) {
	s, q := one.session, one.query
	switch one.verdict.Fault {
	case Drop:
		s.finishUnanswered(q, failed)
		return
	case Late:
		if c.srv.opt.Sleep(ctx, one.verdict.Delay) != nil {
			return
		}
	case Hold:
		if s.holdBack(ctx, one.verdict.Delay) != nil {
			return
		}
	case CutAfter:
		c.close()
		s.leave(c) // before the answer, so that it waits for the session's next connection
	case Garbage:
		body = garbled(body)
	default: // has struck, or strikes at the sending
	}
	s.finish(q, body, failed)
	if one.verdict.Fault == Duplicate {
		s.again(q)
	}
}

// execute calls the handler, after the queries that this one is to follow.
func (c *conn) execute(ctx context.Context, one start) (bin.Encoder, error) {
	for _, before := range one.request.after {
		if err := one.session.await(ctx, before); err != nil {
			return nil, err
		}
	}
	if one.verdict.Fault == Fail {
		if one.verdict.Error == nil {
			return nil, tgerr.New(500, "INTERNAL")
		}
		return nil, one.verdict.Error
	}
	method := one.request.method()
	s := one.session
	key := s.wireKey()
	if method == tg.AuthBindTempAuthKeyRequestTypeID {
		return c.srv.bind(s, key, one.query.id, one.request.body)
	}
	if key.temporary() && key.Partner == (KeyID{}) && method != tg.HelpGetConfigRequestTypeID {
		return nil, tgerr.New(401, "AUTH_KEY_PERM_EMPTY")
	}
	if err := c.srv.soleUse(ctx, s.belongs(), c); err != nil {
		return nil, err
	}
	return c.srv.opt.Handler.Handle(ctx, &Request{
		Key: s.belongs(), Session: s.id, MsgID: one.query.id, Method: method, Body: one.request.body,
		DC: c.srv.opt.DC, NoUpdates: one.request.noUpdates, Takeout: one.request.takeout,
	})
}
