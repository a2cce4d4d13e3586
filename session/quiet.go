package session

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// quieter lets through warnings and worse: gotd tells at Info of each connection and names key ids, which is no news to an operator.
func quieter(l *zap.Logger) *zap.Logger {
	return l.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core { return quietCore{c} }))
}

// quietCore is zap.IncreaseLevel without its complaint about a core that is quieter already.
type quietCore struct{ zapcore.Core }

func (q quietCore) Enabled(l zapcore.Level) bool { return l >= zapcore.WarnLevel && q.Core.Enabled(l) }

func (q quietCore) With(f []zapcore.Field) zapcore.Core { return quietCore{q.Core.With(f)} }

func (q quietCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !q.Enabled(e.Level) {
		return ce
	}
	return q.Core.Check(e, ce)
}
