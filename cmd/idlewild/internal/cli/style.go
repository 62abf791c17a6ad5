package cli

import (
	"fmt"
	"strings"
	"time"
)

// What terminals are told (ECMA-48).
const (
	eraseLine = "\r\x1b[2K"
	sgrReset  = "\x1b[0m"
	sgrBold   = "\x1b[1m"
	sgrDim    = "\x1b[2m"
	sgrRed    = "\x1b[31m"
	sgrGreen  = "\x1b[32m"
	sgrYellow = "\x1b[33m"
	sgrCyan   = "\x1b[36m"
)

// style says how lines look: whether they are coloured, and say whose they are.
type style struct{ color, accounts bool }

func (s style) paint(sgr, text string) string {
	if !s.color || text == "" {
		return text
	}
	return sgr + text + sgrReset
}

func (s style) bold(text string) string   { return s.paint(sgrBold, text) }
func (s style) dim(text string) string    { return s.paint(sgrDim, text) }
func (s style) red(text string) string    { return s.paint(sgrRed, text) }
func (s style) green(text string) string  { return s.paint(sgrGreen, text) }
func (s style) yellow(text string) string { return s.paint(sgrYellow, text) }
func (s style) cyan(text string) string   { return s.paint(sgrCyan, text) }

// roundTime is a duration as people say it.
func roundTime(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	text := d.Round(time.Second).String()
	if whole, ok := strings.CutSuffix(text, "m0s"); ok {
		return whole + "m"
	}
	return text
}
