package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/watch"
)

const eventsAll = "all"

// eventNames are the kinds that --events can choose.
func eventNames() []string {
	var names []string
	for _, k := range []watch.Kind{
		watch.KindArrived, watch.KindFlags, watch.KindGone, watch.KindMoved, watch.KindReset, watch.KindSkipped,
		watch.KindMissing, watch.KindRenamed, watch.KindStale, watch.KindRecovered, watch.KindOffline, watch.KindOnline,
		watch.KindAlert, watch.KindAuthFailed, watch.KindReauthorize,
	} {
		names = append(names, string(k))
	}
	return names
}

// changeNames are those that cost the server some work, and are told when they
// are asked for.
func changeNames() []string {
	return []string{string(watch.KindFlags), string(watch.KindGone), string(watch.KindMoved)}
}

// chooseEvents returns which kinds are printed, and for which the command is
// run; nil, the default, is what most people want.
func chooseEvents(names []string) (printed, taken map[string]bool, err error) {
	if len(names) == 0 {
		printed = kinds(eventNames())
		for _, name := range changeNames() {
			delete(printed, name)
		}
		return printed, map[string]bool{eventArrived: true}, nil
	}
	if slices.Contains(names, eventsAll) {
		names = append(eventNames(), names...)
	}
	chosen := kinds(names)
	delete(chosen, eventsAll)
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		if !slices.Contains(eventNames(), name) {
			return nil, nil, usagef("--events has %q, but there are %s", name, either(append(eventNames(), eventsAll)))
		}
	}
	return chosen, chosen, nil
}

func kinds(names []string) map[string]bool {
	set := make(map[string]bool)
	for _, name := range names {
		set[strings.TrimSpace(name)] = true
	}
	return set
}

func needsChanges(set map[string]bool) bool {
	return slices.ContainsFunc(changeNames(), func(name string) bool { return set[name] })
}
