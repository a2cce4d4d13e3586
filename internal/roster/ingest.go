package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rollcall/internal/membership"
)

// AskedFor is how long a question and a contact are remembered, so that one delivered again is not taken twice. Telegram's updates
// of a bot are kept for a day at most.
const AskedFor = membership.AdminLogRetention

// pruneLimit bounds how much forgetting one ingest does beside its own work.
const pruneLimit = 1000

// Ingest takes a batch in one transaction: facts, what follows from them, due replies and the position. When it returns nil all of it
// is on disk; otherwise nothing is. A batch taken twice changes nothing the second time.
func (r *Roster) Ingest(ctx context.Context, b membership.Batch) (membership.Outcome, error) {
	var out membership.Outcome
	err := r.updateGroup(ctx, b.Group, func(g *group) error {
		out = membership.Outcome{}
		in := ingest{g: g, batch: b, out: &out, people: map[membership.UserID]*touched{}}
		return in.run()
	})
	if err != nil {
		return membership.Outcome{}, fmt.Errorf("ingest into group %d: %w", b.Group, err)
	}
	return out, nil
}

// ingest is one batch on its way.
type ingest struct {
	g      *group
	batch  membership.Batch
	out    *membership.Outcome
	people map[membership.UserID]*touched
	order  []membership.UserID // of people, as they came
	fresh  bool                // something in the batch was new
}

// touched is somebody whom the batch concerns, as stored and as it became.
type touched struct {
	value         personValue
	before        membership.Standing
	folded        bool
	stored, heard membership.Subscriber
}

func (in *ingest) run() error {
	for _, step := range []func() error{in.owner, in.events, in.contacts, in.replies, in.profiles, in.follow, in.archive, in.positions, in.forget} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// owner remembers which account is the owner's, whom nothing is ever revoked from: plans are made without anybody to say so.
func (in *ingest) owner() error {
	known, err := in.g.owner()
	if err != nil || in.batch.Owner == 0 || in.batch.Owner == known {
		return err
	}
	n := numberValue(in.batch.Owner)
	return in.g.setState(keyOwner, &n)
}

func (in *ingest) touch(user membership.UserID) (*touched, error) {
	if t := in.people[user]; t != nil {
		return t, nil
	}
	var t touched
	var err error
	if t.value, err = in.g.person(user); err != nil {
		return nil, err
	}
	if t.stored, err = in.g.subscriber(user); err != nil {
		return nil, err
	}
	t.before, t.heard = t.value.Record.Standing(in.g.now), t.stored
	in.people[user] = &t
	in.order = append(in.order, user)
	return &t, nil
}

func (in *ingest) events() error {
	for _, e := range in.batch.Events {
		if !in.g.is(e.Group) {
			return fmt.Errorf("an event of group %d in a batch of group %d", e.Group, in.g.id)
		}
		if !valid(e) {
			return fmt.Errorf("an event that states nothing: %+v", e)
		}
		t, err := in.touch(e.User)
		if err != nil {
			return err
		}
		was := t.value.Record
		e.After = was.Standing(in.g.now).Contrary(e)
		appended, err := in.g.append(&t.value, e)
		if err != nil {
			return err
		}
		if appended || t.value.Record != was {
			t.folded, in.fresh = true, true
		}
		if appended {
			in.out.Appended++
		} else {
			in.out.Known++
		}
	}
	return nil
}

// profiles are taken where anything else in the batch was new: they carry no time, and in a batch delivered again they are old.
func (in *ingest) profiles() error {
	b := in.batch
	if !in.fresh && len(b.Events)+len(b.Contacts)+len(b.Replies) > 0 {
		return nil
	}
	for _, p := range in.batch.Profiles {
		if err := putProfile(in.g.tx, profileValue{Profile: p, Learnt: in.g.now}); err != nil {
			return fmt.Errorf("profile of %d: %w", p.User, err)
		}
	}
	return nil
}

func (in *ingest) contacts() error {
	for _, c := range in.batch.Contacts {
		if c.User == 0 || c.Kind < membership.Wrote || c.Kind > membership.Deactivated {
			return fmt.Errorf("a contact that states nothing: %+v", c)
		}
		fresh, err := in.remember(keyContact(in.g.id, c))
		if err != nil {
			return err
		}
		t, err := in.touch(c.User)
		if err != nil {
			return err
		}
		if fresh {
			t.heard = t.heard.Hear(c)
		}
	}
	return nil
}

// remember says whether the question or contact is new, and remembers it.
func (in *ingest) remember(key []byte) (bool, error) {
	asked := in.g.tx.Bucket(bucketAsked)
	if asked.Get(key) != nil {
		return false, nil
	}
	in.fresh = true
	if err := asked.Put(key, keyInstant(in.g.now)); err != nil {
		return false, err
	}
	return true, in.g.tx.Bucket(bucketAskedAt).Put(keyAskedAt(in.g.now, key), []byte{version})
}

func (in *ingest) follow() error {
	j, err := newJudge(in.g, in.batch.Policy, in.batch.Bot, in.out)
	if err != nil {
		return err
	}
	for _, user := range in.order {
		t := in.people[user]
		if t.folded {
			if err := in.g.setPerson(user, &t.value); err != nil {
				return err
			}
		}
		after := t.value.Record.Standing(in.g.now)
		if err := j.judge(change{user: user, before: t.before, after: after, stored: t.stored, heard: t.heard}); err != nil {
			return fmt.Errorf("what follows for %d: %w", user, err)
		}
	}
	return nil
}

func (in *ingest) replies() error {
	for _, reply := range in.batch.Replies {
		if reply.Kind < membership.ReplyMessage || reply.Kind > membership.ReplyCallback {
			return fmt.Errorf("a reply to nothing: %+v", reply)
		}
		key := keyReply(reply.Key())
		fresh, err := in.remember(key)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if err := in.g.tx.Bucket(bucketDue).Put(key, encode(&dueValue{Group: in.g.id, Reply: reply})); err != nil {
			return err
		}
		in.out.Replies++
	}
	return nil
}

// positions move with their effects, and a gap is noted with the position that revealed it.
func (in *ingest) positions() error {
	if err := in.moveBot(); err != nil {
		return err
	}
	if in.batch.Gap != nil {
		note, fresh, err := in.g.addGap(*in.batch.Gap)
		if err != nil {
			return err
		}
		if fresh {
			in.out.Notes = append(in.out.Notes, note)
		}
	}
	if err := in.g.moveTail(in.batch.Tail); err != nil || in.batch.LogRead == 0 {
		return err
	}
	return in.g.updateSources(func(s *membership.Sources) { s.AdminLog = in.batch.LogRead })
}

// moveBot moves the bot's position forward, never back.
func (in *ingest) moveBot() error {
	var to membership.BotState
	if in.batch.State != nil {
		to = *in.batch.State
	}
	to.Qts = max(to.Qts, in.batch.Qts)
	if to == (membership.BotState{}) {
		return nil
	}
	bots := in.g.tx.Bucket(bucketBots)
	var stored botStateValue
	if _, err := get(bots, keyUser(in.batch.Bot), &stored, "the bot's position"); err != nil {
		return err
	}
	moved := botStateValue{Pts: max(stored.Pts, to.Pts), Qts: max(stored.Qts, to.Qts), Date: max(stored.Date, to.Date), Seq: max(stored.Seq, to.Seq)}
	if moved == stored {
		return nil
	}
	return bots.Put(keyUser(in.batch.Bot), encode(&moved))
}

// forget drops what was asked longer than AskedFor ago.
func (in *ingest) forget() error {
	if len(in.batch.Replies)+len(in.batch.Contacts) == 0 {
		return nil
	}
	asked, askedAt := in.g.tx.Bucket(bucketAsked), in.g.tx.Bucket(bucketAskedAt)
	limit := in.g.now.Add(-AskedFor)
	var old [][]byte
	c := askedAt.Cursor()
	for k, _ := c.First(); k != nil && len(old) < pruneLimit; k, _ = c.Next() {
		if at, _ := splitAskedAt(k); at >= limit {
			break
		}
		old = append(old, slices.Clone(k))
	}
	for _, k := range old {
		_, key := splitAskedAt(k)
		// A reply that is still due after all this time is nobody's question any more.
		if err := errors.Join(asked.Delete(key), askedAt.Delete(k), in.g.tx.Bucket(bucketDue).Delete(key)); err != nil {
			return err
		}
	}
	return nil
}
