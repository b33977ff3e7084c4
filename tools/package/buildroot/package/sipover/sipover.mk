################################################################################
#
# sipover
#
################################################################################

SIPOVER_VERSION = 0.1.0
SIPOVER_SITE = $(BR2_EXTERNAL_SIPOVER_PATH)/../../..
SIPOVER_SITE_METHOD = local
SIPOVER_LICENSE = BSD-2-Clause (programs), GPL-2.0 (module)
SIPOVER_LICENSE_FILES = \
	LICENSES/BSD-2-Clause.txt \
	LICENSES/GPL-2.0-only.txt
SIPOVER_DEPENDENCIES = \
	host-pkgconf \
	c-ares \
	jansson \
	libconfuse \
	libmnl \
	libnl \
	libosip2 \
	liburing \
	openssl

# BUILD: with another compiler than gcc it would be another directory.
SIPOVER_MAKE_OPTS = \
	AR="$(TARGET_AR)" \
	BUILD=build \
	CC="$(TARGET_CC)" \
	CFLAGS="$(TARGET_CFLAGS)" \
	LDFLAGS="$(TARGET_LDFLAGS)" \
	PKG_CONFIG="$(PKG_CONFIG_HOST_BINARY)" \
	PREFIX=/usr

SIPOVER_BUILD_TARGETS = userspace tools
SIPOVER_PARTS = daemon

ifeq ($(BR2_PACKAGE_SIPOVER_WEB),y)
SIPOVER_DEPENDENCIES += libmicrohttpd libsodium
SIPOVER_BUILD_TARGETS += web
SIPOVER_PARTS += web
endif

define SIPOVER_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(SIPOVER_MAKE_OPTS) \
		$(SIPOVER_BUILD_TARGETS)
endef

define SIPOVER_INSTALL
	cd $(@D) && DESTDIR=$(TARGET_DIR) PREFIX=/usr BUILD=build INIT=$(1) \
		PART="$(SIPOVER_PARTS)" tools/package/install
endef

define SIPOVER_INSTALL_TARGET_CMDS
	$(call SIPOVER_INSTALL,none)
endef

# With "module" systemd loads it; the script loads it itself.
define SIPOVER_INSTALL_INIT_SYSTEMD
	$(call SIPOVER_INSTALL,systemd)
endef

define SIPOVER_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(@D)/tools/package/init/sipoverd \
		$(TARGET_DIR)/etc/init.d/S80sipoverd
endef

define SIPOVER_USERS
	sipover -1 sipover -1 * /var/lib/sipover - sipover-control sipoverd
	sipover-web -1 sipover-web -1 * /var/lib/sipover-web - sipover-control sipover-web
endef

ifeq ($(BR2_PACKAGE_SIPOVER_MODULE),y)
SIPOVER_PARTS += module

define SIPOVER_LINUX_CONFIG_FIXUPS
	$(call KCONFIG_ENABLE_OPT,CONFIG_NET_NS)
	$(call KCONFIG_ENABLE_OPT,CONFIG_INET)
	$(call KCONFIG_ENABLE_OPT,CONFIG_NETFILTER)
endef

$(eval $(kernel-module))
endif

$(eval $(generic-package))
