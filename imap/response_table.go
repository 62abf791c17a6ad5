package imap

// dataParser returns what parses the data behind a name. A response of an
// extension is of kindData; its parser sets resp.data, and the call that asked
// for it claims that by its type, see gather.
func dataParser(name string) (respKind, func(*parser, *response)) {
	switch name {
	case "ACL":
		return kindData, (*parser).aclResponse
	case "ANNOTATION":
		return kindData, (*parser).annotationResponse
	case "CAPABILITY":
		return kindCapability, (*parser).capabilityResponse
	case "ENABLED":
		return kindEnabled, (*parser).capabilityResponse
	case "ESEARCH":
		return kindESearch, (*parser).esearchResponse
	case "FLAGS":
		return kindFlags, (*parser).flagsResponse
	case "GENURLAUTH":
		return kindData, (*parser).genURLAuthResponse
	case "ID":
		return kindData, (*parser).idResponse
	case "JMAPACCESS":
		return kindData, (*parser).jmapAccessResponse
	case "LANGUAGE":
		return kindData, (*parser).languageResponse
	case "LIST", "XLIST":
		return kindList, (*parser).listResponse
	case "LISTRIGHTS":
		return kindData, (*parser).listRightsResponse
	case "LSUB":
		return kindLsub, (*parser).listResponse
	case "NAMESPACE":
		return kindData, (*parser).namespaceResponse
	case "METADATA":
		return kindData, (*parser).metadataResponse
	case "MYRIGHTS":
		return kindData, (*parser).myRightsResponse
	case "QUOTA":
		return kindData, (*parser).quotaResponse
	case "QUOTAROOT":
		return kindData, (*parser).quotaRootResponse
	case "SEARCH":
		return kindSearch, (*parser).searchResponse
	case "SORT":
		return kindSort, (*parser).sortResponse
	case "STATUS":
		return kindStatus, (*parser).statusResponse
	case "URLFETCH":
		return kindData, (*parser).urlFetchResponse
	case "UIDBATCHES":
		return kindData, (*parser).uidBatchesResponse
	case "THREAD":
		return kindData, (*parser).threadResponse
	case "VANISHED":
		return kindVanished, (*parser).vanishedResponse
	case "XAPPLEPUSHSERVICE":
		return kindData, (*parser).applePushResponse
	}
	return kindUnknown, nil
}

// gather makes a call take the data responses whose value is a T, also when
// the caller has gone; take says whether one is the call's. names are those of
// the responses: if one of them cannot be read, the call says so.
func gather[T any](k *call, take func(T) bool, names ...string) {
	k.answers = names
	next := k.claim
	k.claim = func(r *response) bool {
		if d, ok := r.data.(T); ok {
			return k.abandoned || take(d)
		}
		return next != nil && next(r)
	}
}
