// Package clock is a clock that can be moved.
//
// A running clock is the real time and an offset; a still one shows what it was set to, so that two days pass in a
// test while nothing waits. The simulator's parts take a func() time.Time, which is Now; only who moves time holds a
// *Clock. Time can be moved back too, as clocks are: what is built on it must not break.
//
// Limits. Nobody is woken: what is due is done when somebody asks, as world.Pass does ten times a second in a running
// simulator. A clock with timers would wake sleepers, and no part of the simulator sleeps by the world's time.
package clock
