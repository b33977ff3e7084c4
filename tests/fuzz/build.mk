# SPDX-License-Identifier: BSD-2-Clause
#
# The fuzzers: libFuzzer with ASan and UBSan over the real sources, in a build
# of their own.  Included by the top Makefile; run by tests/check-fuzz.
#
#   FUZZ_BUILD       build/fuzz; build/fuzz-cov with FUZZ_COVERAGE=1
#   FUZZ_COVERAGE=1  for llvm-cov instead of the sanitizers

comma := ,
FUZZ_CC ?= clang
FUZZ_COVERAGE ?=
FUZZ_BUILD ?= build/fuzz$(if $(FUZZ_COVERAGE),-cov)
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SOURCES := $(wildcard userspace/core/*.c userspace/codec/*.c \
	userspace/replay*.c userspace/io/tls*.c) \
	$(WEB_PURE:%=tools/web/%.c) kmod/parse.c kmod/classify.c \
	tools/import.c tools/import_map.c
FUZZ_OBJECTS := $(FUZZ_SOURCES:%.c=$(FUZZ_BUILD)/obj/%.o)
# The simulator and the agent in it, for fuzz_dispatch.
FUZZ_SIM := $(patsubst %.c,$(FUZZ_BUILD)/obj/%.o,$(wildcard tests/sim/*.c \
	userspace/agent*.c) userspace/config.c $(SIM_IO:%=userspace/io/%.c))
FUZZ_ARCHIVE := $(FUZZ_BUILD)/libsipover.a
FUZZ_CFLAGS := -std=gnu11 -O1 -g $(WARNINGS) -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link $(if $(FUZZ_COVERAGE), \
	-fprofile-instr-generate -fcoverage-mapping, \
	-fsanitize=address$(comma)undefined -fno-sanitize-recover=all)
FUZZ_CPPFLAGS = -D_GNU_SOURCE -Iinclude/uapi -Iuserspace -Itools -Itools/web $(CPPFLAGS_PKG) \
	-DSIPOVER_VERSION='"fuzz"'
FUZZ_LIBS := -losipparser2 -lresolv $(shell $(PKG_CONFIG) --libs libmnl libconfuse \
	jansson libssl libcrypto)

.PHONY: fuzz-build fuzz-fault
fuzz-build: $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/%)

$(FUZZ_BUILD)/obj/tests/sim/sim.o: FUZZ_CFLAGS += -Dmain=sim_main -Wno-missing-prototypes
$(FUZZ_BUILD)/fuzz_dispatch: FUZZ_MORE := $(FUZZ_SIM)
$(FUZZ_BUILD)/fuzz_dispatch: $(FUZZ_SIM)

$(FUZZ_BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_ARCHIVE)
	@mkdir -p $(@D)
	$(call quiet,FUZZ)$(FUZZ_CC) $(FUZZ_CPPFLAGS) $(FUZZ_CFLAGS) \
		-fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $< $(FUZZ_MORE) $(FUZZ_ARCHIVE) \
		$(FUZZ_LIBS)

$(FUZZ_ARCHIVE): $(FUZZ_OBJECTS)
	$(call quiet,AR  )rm -f $@ && $(AR) rcs $@ $^

$(FUZZ_BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC  )$(FUZZ_CC) $(FUZZ_CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

# A target over one changed source: FAULT_SOURCE is the copy of FAULT_OF,
# FAULT_OUT the program.  What it defines is not taken from the archive.
fuzz-fault: FUZZ_MORE := $(if $(filter fuzz_dispatch,$(FAULT_TARGET)), \
	$(filter-out $(FUZZ_BUILD)/obj/$(FAULT_OF:.c=.o),$(FUZZ_SIM)))
fuzz-fault: $(FUZZ_ARCHIVE) $(if $(filter fuzz_dispatch,$(FAULT_TARGET)),$(FUZZ_SIM))
	$(FUZZ_CC) $(FUZZ_CPPFLAGS) -iquote $(dir $(FAULT_OF)) $(FUZZ_CFLAGS) \
		-Wno-error -fsanitize=fuzzer -o $(FAULT_OUT) \
		tests/fuzz/$(FAULT_TARGET).c $(FAULT_SOURCE) $(FUZZ_MORE) $(FUZZ_ARCHIVE) \
		$(FUZZ_LIBS)

-include $(FUZZ_OBJECTS:.o=.d) $(FUZZ_SIM:.o=.d) $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/%.d)
