# SPDX-License-Identifier: BSD-2-Clause
#
# sipover-web.  The daemon and sipoverctl need none of this: without its
# libraries `make` leaves it out and says so.
#
#   WEB_PURE   what decides without I/O, and needs no library but jansson: the
#              unit tests and the fuzzer use it

WEB_PACKAGES := libmicrohttpd libsodium
WEB_HAVE := $(shell $(PKG_CONFIG) --exists $(WEB_PACKAGES) 2>/dev/null && echo yes)
WEB_PURE := body feed header limiter listen route session
WEB_SOURCES := $(wildcard tools/web/*.c)
WEB_OBJECTS := $(WEB_SOURCES:%.c=$(BUILD)/obj/%.o)
WEB_SHARED := codec/ctl core/addr core/verdict io/clock
# What sipoverctl prints them by.
WEB_PROMETHEUS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tools/prometheus.c))
WEB_ARCHIVE := $(BUILD)/libweb.a
WEB_TESTS := $(filter $(BUILD)/unit/test_web_%,$(UNIT_TESTS))

$(WEB_OBJECTS): CPPFLAGS_PKG := $(shell $(PKG_CONFIG) --cflags jansson \
	$(if $(WEB_HAVE),$(WEB_PACKAGES))) -Itools -Itools/web

ifdef WEB_HAVE
web: $(BUILD)/sipover-web
all: web

$(BUILD)/sipover-web: $(WEB_OBJECTS) $(WEB_PROMETHEUS) \
		$(WEB_SHARED:%=$(BUILD)/obj/userspace/%.o)
	$(call quiet,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ \
		$(shell $(PKG_CONFIG) --libs jansson $(WEB_PACKAGES))
else
web:
	@echo "sipover-web needs libmicrohttpd and libsodium (libmicrohttpd-dev, libsodium-dev)" >&2
	@exit 69
all: web-left-out
.PHONY: web-left-out
web-left-out:
	@echo "  without sipover-web: libmicrohttpd or libsodium is not there"
endif

$(WEB_ARCHIVE): $(WEB_PURE:%=$(BUILD)/obj/tools/web/%.o)
	$(call quiet,AR  )rm -f $@ && $(AR) rcs $@ $^

# Before the daemon's archive, which some of it needs.
$(WEB_TESTS): $(BUILD)/unit/%: tests/unit/%.c $(WEB_ARCHIVE) $(ARCHIVE)
	@mkdir -p $(@D)
	$(call quiet,TEST)$(CC) $(CPPFLAGS) $(CPPFLAGS_PKG) -Itests -Itools/web $(ALL_CFLAGS) \
		-MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(WEB_ARCHIVE) $(ARCHIVE) $(LIBS)

-include $(WEB_OBJECTS:.o=.d)
