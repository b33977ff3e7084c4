/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For cppcheck alone, which reads no system or kernel headers: the loops that
 * hide in macros.  Without them it gives up on the file.
 */
#define json_array_foreach(array, i, value) \
	for ((i) = 0; (i) < json_array_size(array) && \
	     ((value) = json_array_get(array, i)) != NULL; (i)++)
#define nla_for_each_attr(attr, head, len, rest) \
	for ((attr) = (head), (rest) = (len); nla_ok(attr, rest); \
	     (attr) = nla_next(attr, &(rest)))
#define json_object_foreach(object, key, value) \
	for ((key) = first_key(object); \
	     (key) && ((value) = json_object_get(object, key)) != NULL; \
	     (key) = next_key(object, key))

#define list_for_each_entry(at, head, member) \
	for ((at) = first(head); at; (at) = following(at))
#define list_for_each_entry_rcu(at, head, member) \
	list_for_each_entry(at, head, member)
#define list_for_each_entry_safe(at, next, head, member) \
	for ((at) = first(head); ((next) = following(at)) != NULL; (at) = (next))
#define idr_for_each_entry_continue(idr, at, id) \
	for ((at) = idr_get_next(idr, &(id)); at; \
	     (at) = idr_get_next(idr, &(id)))
