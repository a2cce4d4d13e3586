package roster

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// A staged page is block 0, which has all of the answer but the rows, and its rows in the blocks from firstRows on (block.go). Block 0
// and the rows together are what the walk's planner was given: what it asks next follows from them (Pages).
const firstRows = 1

// answerValue is block 0 of a staged page: a membership.Page without its rows, but with how many there are.
type answerValue struct {
	page membership.Page
	rows int
}

func encodeAnswer(p *membership.Page) []byte {
	v := answerValue{page: *p, rows: len(p.Rows)}
	w := writer(64 + 8*len(p.Again))
	v.fields(w)
	return seal(w.b)
}

func (v *answerValue) fields(w *wire) {
	p := &v.page
	w.query(&p.Query)
	signed(w, &p.Received)
	signed(w, &p.Count)
	signed(w, &p.Calls)
	signed(w, &p.FloodWaits)
	signed[time.Duration](w, &p.Waited)
	signed(w, &v.rows)
	if v.rows < 0 || v.rows > math.MaxUint16 {
		w.bad, v.rows = true, 0
	}
	w.repeats(&p.Again)
}

// repeats are most of what a search answers in the end, so that each takes some six bytes: places follow each other.
func (w *wire) repeats(again *[]membership.Repeat) {
	place := -1
	list(w, again, func(w *wire, r *membership.Repeat) {
		gap := r.Place - place - 1
		signed(w, &gap)
		place += gap + 1
		r.Place = place
		signed(w, &r.User)
		if !validRepeat(*r) {
			w.bad = true
		}
	})
}

func validRepeat(r membership.Repeat) bool {
	return r.User != 0 && r.Place >= 0 && r.Place <= math.MaxUint16
}

// storable says whether everything of the page can be read again, and states something.
func storable(p *membership.Page) error {
	if len(p.Rows) > math.MaxUint16 {
		return fmt.Errorf("%d rows", len(p.Rows))
	}
	if max(p.Query.List, p.After.Next.List) > membership.ListSearch || p.After.Level > membership.Exhaustive {
		return fmt.Errorf("lists %d and %d and level %d: one is none", p.Query.List, p.After.Next.List, p.After.Level)
	}
	for i := range p.Rows {
		if s := &p.Rows[i].Sighting; s.User == 0 || !validState(s.State) {
			return fmt.Errorf("a row that states nothing: %+v", *s)
		}
	}
	for _, again := range p.Again {
		if !validRepeat(again) {
			return fmt.Errorf("a row that repeats nothing: %+v", again)
		}
	}
	return nil
}

// putPage stores the page at the end of all others.
func (g *group) putPage(p *membership.Page) error {
	b := g.in(bucketStage)
	b.FillPercent = 1 // pages only ever go to the end
	if err := b.Put(keyBlock(p.Walk, p.After.Pages, 0), encodeAnswer(p)); err != nil {
		return err
	}
	block := firstRows
	for rows := range slices.Chunk(p.Rows, blockRows) {
		if err := b.Put(keyBlock(p.Walk, p.After.Pages, block), encodeBlock(rows)); err != nil {
			return err
		}
		block++
	}
	return nil
}

// eachBlock gives the blocks of rows of the stored pages after `after`, up to `upto`, to fn.
func (g *group) eachBlock(walk uint32, after, upto int, fn func(page int, raw []byte) error) error {
	c := g.in(bucketStage).Cursor()
	for k, raw := c.Seek(keyBlock(walk, after+1, 0)); k != nil; k, raw = c.Next() {
		of, page, block := splitBlock(k)
		if of != walk || page > upto {
			return nil
		}
		if block < firstRows {
			continue
		}
		if err := fn(page, raw); err != nil {
			return fmt.Errorf("page %d of walk %d: %w", page, walk, err)
		}
	}
	return nil
}

// pageReader reads staged pages one after the other.
type pageReader struct {
	c      *bolt.Cursor
	k, raw []byte
}

// read is page n of the walk, which must be the next, and whole.
func (r *pageReader) read(walk uint32, n int) (membership.Page, error) {
	if !bytes.Equal(r.k, keyBlock(walk, n, 0)) {
		return membership.Page{}, damagedf("it is not there")
	}
	var v answerValue
	if err := decode(r.raw, &v, "a staged page"); err != nil {
		return membership.Page{}, err
	}
	v.page.Walk = walk
	v.page.Rows = make([]membership.Row, 0, v.rows)
	r.next()
	for block := firstRows; len(v.page.Rows) < v.rows && bytes.Equal(r.k, keyBlock(walk, n, block)); block++ {
		err := rowsOf(r.raw, func(_ int, row *membership.Row) error {
			v.page.Rows = append(v.page.Rows, *row)
			return nil
		})
		if err != nil {
			return membership.Page{}, err
		}
		r.next()
	}
	if len(v.page.Rows) != v.rows {
		return membership.Page{}, damagedf("it has %d rows and should have %d", len(v.page.Rows), v.rows)
	}
	return v.page, nil
}

func (r *pageReader) next() { r.k, r.raw = r.c.Next() }

// pages gives the stored pages after `after`, up to `upto`, to fn: each of them, whole, or an error.
func (g *group) pages(walk uint32, after, upto int, fn func(membership.Page) error) error {
	r := pageReader{c: g.in(bucketStage).Cursor()}
	r.k, r.raw = r.c.Seek(keyBlock(walk, after+1, 0))
	for n := after + 1; n <= upto; n++ {
		p, err := r.read(walk, n)
		if err != nil {
			return fmt.Errorf("page %d of walk %d: %w", n, walk, err)
		}
		p.Group = g.id
		if err := fn(p); err != nil {
			return err
		}
	}
	return nil
}

// pagesChunk is how many pages Pages takes out of one transaction: at most some 2 MB.
const pagesChunk = 32

// Pages are the pages that the open walk has stored when the first of them is read, in their order and as they were staged, but without
// After. No transaction is open while one is handed over. An error is the last that comes: ErrNoWalk where the walk is not open, or ended
// meanwhile.
func (r *Roster) Pages(ctx context.Context, id membership.GroupID, walk uint32) iter.Seq2[membership.Page, error] {
	return func(yield func(membership.Page, error) bool) {
		for after, upto := 0, -1; after != upto; {
			var chunk []membership.Page
			err := r.viewPages(ctx, id, walk, func(g *group, stored int) error {
				if upto < 0 {
					upto = stored
				}
				return g.pages(walk, after, min(upto, after+pagesChunk), func(p membership.Page) error {
					chunk = append(chunk, p)
					return nil
				})
			})
			if err != nil {
				yield(membership.Page{}, fmt.Errorf("read the pages of walk %d of group %d: %w", walk, id, err))
				return
			}
			for _, p := range chunk {
				if !yield(p, nil) {
					return
				}
			}
			after += len(chunk)
		}
	}
}

// viewPages reads the group of an open walk, which has stored so many pages.
func (r *Roster) viewPages(ctx context.Context, id membership.GroupID, walk uint32, fn func(g *group, stored int) error) error {
	found := false
	err := r.viewGroup(ctx, id, func(g *group) error {
		w, open, err := g.openWalk()
		if err != nil || !open || w.ID != walk {
			return err
		}
		found = true
		return fn(g, w.Checkpoint.Pages)
	})
	if err == nil && !found {
		return ErrNoWalk
	}
	return err
}
