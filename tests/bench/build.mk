# SPDX-License-Identifier: BSD-2-Clause
#
# The programs of the benchmark.  The gate compiles bench-programs, which need
# nothing that the daemon does not; bench-peer needs sofia-sip.

BENCH := $(BUILD)/bench
BENCH_PROGRAMS := $(BENCH)/stamp $(BENCH)/limit $(BENCH)/limit_ring \
	$(BENCH)/scale_peer

$(BENCH)/limit_ring: BENCH_LIBS = $(shell $(PKG_CONFIG) --libs liburing)
$(BENCH)/nua_peer: BENCH_CFLAGS = $(shell $(PKG_CONFIG) --cflags sofia-sip-ua)
$(BENCH)/nua_peer: BENCH_LIBS = $(shell $(PKG_CONFIG) --libs sofia-sip-ua)

$(BENCH)/scale_peer: tests/bench-scale/peer.c
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MF $@.d \
		$(LDFLAGS) -o $@ $<

$(BENCH)/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CPPFLAGS) $(BENCH_CFLAGS) $(ALL_CFLAGS) \
		-MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(BENCH_LIBS)

.PHONY: bench-programs bench-peer
bench-programs: $(BENCH_PROGRAMS)
bench-peer: $(BENCH)/nua_peer

-include $(BENCH_PROGRAMS:%=%.d) $(BENCH)/nua_peer.d
