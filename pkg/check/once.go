package check

// once is a value that is found once.
type once[T any] struct{ value *T }

func (o *once[T]) get(find func() T) T {
	if o.value == nil {
		v := find()
		o.value = &v
	}
	return *o.value
}

// remember finds a value once.
func remember[K comparable, V any](known map[K]V, key K, find func(K) V) V {
	v, ok := known[key]
	if !ok {
		v = find(key)
		known[key] = v
	}
	return v
}
