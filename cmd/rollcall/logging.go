package main

import (
	"go.uber.org/zap"
	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"

	"rollcall/internal/report"
)

// safeConsole makes every string of a line fit for a terminal: a group's title is hostile input there too. JSON escapes by itself.
type safeConsole struct{ zapcore.Encoder }

// Clone keeps the wrapping.
func (e safeConsole) Clone() zapcore.Encoder { return safeConsole{e.Encoder.Clone()} }

// EncodeEntry writes one line.
func (e safeConsole) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	entry.Message = report.Safe(entry.Message)
	safe := make([]zapcore.Field, len(fields))
	for i, f := range fields {
		switch {
		case f.Type == zapcore.StringType:
			f.String = report.Safe(f.String)
		case f.Type == zapcore.ErrorType && f.Interface != nil:
			if err, ok := f.Interface.(error); ok {
				f = zap.String(f.Key, report.Safe(err.Error()))
			}
		}
		safe[i] = f
	}
	return e.Encoder.EncodeEntry(entry, safe)
}
