package imap

import (
	"errors"
	"slices"
)

// newsAttributes are what servers send unasked.
const newsAttributes = HasUID | HasFlags | HasModSeq | HasAnnotationsChanged

// onlyNews says whether the line has nothing but what servers send unasked.
func (m *Message) onlyNews() bool {
	return (m.has|m.nils)&^newsAttributes == 0 && len(m.bodies) == 0 && len(m.Raw) == 0 && len(m.binarySizes) == 0
}

func (op *fetchOp) wantsOnlyNews() bool {
	return op.want&^newsAttributes == 0 && len(op.opts.Sections) == 0 && !op.opts.hasExtras()
}

// lacks says whether line has something that msg was asked for and lacks.
func (op *fetchOp) lacks(msg, line *Message) bool {
	return op.want&^msg.answered()&line.answered() != 0 || len(line.bodies) > 0 && len(msg.bodies) < len(op.opts.Sections) ||
		len(line.Raw)+len(line.binarySizes) > 0 && op.opts.hasExtras() && len(op.opts.extras(msg)) > 0
}

func (op *fetchOp) complete(m *Message) bool {
	return op.want&^m.answered() == 0 && len(op.missing(m)) == 0 && (!op.opts.hasExtras() || len(op.opts.extras(m)) == 0)
}

// answered is what the server told, that there is none included.
func (m *Message) answered() Attribute { return m.has | m.nils }

// missing returns the sections that have not come. If exactly one has not and
// exactly one came that was not asked for, that is it, wrongly named.
func (op *fetchOp) missing(m *Message) (missing []Section) {
	if len(op.opts.Sections) == 0 {
		return nil
	}
	used := make([]bool, len(m.bodies))
	for _, s := range op.opts.Sections {
		i := slices.IndexFunc(m.bodies, func(b *Body) bool { return b.is(s) })
		if i < 0 {
			missing = append(missing, s)
		} else {
			used[i] = true
		}
	}
	if len(missing) == 1 {
		if i := slices.Index(used, false); i >= 0 && slices.Index(used[i+1:], false) < 0 {
			b := m.bodies[i]
			m.problem(b.section.String(), errors.New("came in place of "+missing[0].String()))
			b.section, b.origin = missing[0], -1
			if missing[0].Count > 0 {
				b.origin = missing[0].Offset
				b.clip(missing[0].Offset, missing[0].Count)
			}
			return nil
		}
	}
	return missing
}

// clip takes a range of a body that came whole, as Exchange sends it, in place
// of that range.
func (b *Body) clip(offset, count int64) {
	size := int64(len(b.data))
	if b.stream == nil && size > count {
		b.data = b.data[min(offset, size):min(offset+count, size)]
		b.Size = int64(len(b.data))
	}
}

// merge adds to m what line has; nothing is overwritten with nothing.
func (m *Message) merge(line *Message) {
	if line.has&HasUID != 0 {
		m.UID = line.UID
	}
	if line.has&HasFlags != 0 {
		m.Flags = line.Flags
	}
	if line.Envelope != nil {
		m.Envelope = line.Envelope
	}
	if line.BodyStructure != nil {
		m.BodyStructure = line.BodyStructure
	}
	if line.has&HasInternalDate != 0 {
		m.InternalDate = line.InternalDate
	}
	if line.has&HasSize != 0 {
		m.Size = line.Size
	}
	if line.has&HasModSeq != 0 {
		m.ModSeq = line.ModSeq
	}
	m.mergeExtensions(line)
	m.has |= line.has
	m.nils |= line.nils
	m.Seq = line.Seq
	m.Raw = append(m.Raw, line.Raw...)
	m.Problems = append(m.Problems, line.Problems...)
	m.bodies = append(m.bodies, line.bodies...)
	m.binarySizes = append(m.binarySizes, line.binarySizes...)
}

// mergeExtensions is merge for the attributes of extensions.
func (m *Message) mergeExtensions(line *Message) {
	take(&m.SaveDate, line.SaveDate, line.has&HasSaveDate)
	take(&m.Preview, line.Preview, line.has&HasPreview)
	take(&m.EmailID, line.EmailID, line.has&HasEmailID)
	take(&m.ThreadID, line.ThreadID, line.has&HasThreadID)
	take(&m.GmailMessageID, line.GmailMessageID, line.has&HasGmailMessageID)
	take(&m.GmailThreadID, line.GmailThreadID, line.has&HasGmailThreadID)
	take(&m.GmailLabels, line.GmailLabels, line.has&HasGmailLabels)
	take(&m.Annotations, line.Annotations, line.has&HasAnnotations)
	m.AnnotationsChanged = append(m.AnnotationsChanged, line.AnnotationsChanged...)
}

// take sets what the line has.
func take[T any](to *T, v T, has Attribute) {
	if has != 0 {
		*to = v
	}
}

// copy returns a message that shares nothing that changes.
func (m *Message) copy() *Message {
	c := *m
	c.Flags = slices.Clone(m.Flags)
	c.bodies = slices.Clone(m.bodies)
	return &c
}
