package main

import (
	"runtime"
	"time"
)

// meter measures a section of the run.
type meter struct {
	wall time.Time
	cpu  float64
	mem  runtime.MemStats
	rss  int
}

func startMeter() *meter {
	m := &meter{rss: memory("VmRSS")}
	runtime.GC()
	runtime.ReadMemStats(&m.mem)
	m.cpu = cpuSeconds()
	m.wall = time.Now()
	return m
}

// stop ends the section, in which n items and so many bytes of text came.
func (m *meter) stop(n int, bytes int64) result {
	wall := time.Since(m.wall).Seconds()
	cpu := cpuSeconds() - m.cpu
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return result{
		"wall_s": wall, "cpu_s": cpu,
		"peak_rss_kb": memory("VmHWM"), "rss_before_kb": m.rss,
		"n": n, "bytes": bytes,
		"allocs":      mem.Mallocs - m.mem.Mallocs,
		"alloc_bytes": mem.TotalAlloc - m.mem.TotalAlloc,
		"gcs":         mem.NumGC - m.mem.NumGC,
	}
}

// untilQuiet waits until the process has done nothing for a while, or 10 s.
func untilQuiet() {
	const (
		pause = 100 * time.Millisecond
		quiet = 5    // pauses in a row
		idle  = 1e-3 // seconds of CPU in a pause
	)
	calm := 0
	for deadline := time.Now().Add(10 * time.Second); calm < quiet && time.Now().Before(deadline); {
		before := cpuSeconds()
		time.Sleep(pause)
		if calm++; cpuSeconds()-before > idle {
			calm = 0
		}
	}
}
