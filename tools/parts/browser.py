"""The browser in which tests look at pages; part of the table.

Debian's Chromium runs from unpacked packages if its libraries are unpacked beside it; a script of ours says where they
are. Elsewhere a Chromium or Chrome on PATH does.
"""

from typing import Final

from tools.parts.recipe import Bundle, Debian, Program
from tools.parts.version import Accepted

# What Debian 12's chromium links to, directly and through others, without libc and the compiler's runtime.
_LIBRARIES: Final = (
    *("libasound2", "libasyncns0", "libatk-bridge2.0-0", "libatk1.0-0", "libatspi2.0-0", "libavahi-client3"),
    *("libavahi-common3", "libblkid1", "libbrotli1", "libbsd0", "libcairo2", "libcap2", "libcom-err2", "libcups2"),
    *("libdatrie1", "libdav1d6", "libstdc++6"),
    *("libdbus-1-3", "libdouble-conversion3", "libdrm2", "libexpat1", "libffi8", "libflac12", "libfontconfig1"),
    *("libfreetype6", "libfribidi0", "libgbm1", "libgcrypt20", "libglib2.0-0", "libgmp10", "libgnutls30"),
    *("libgpg-error0", "libgraphite2-3", "libgssapi-krb5-2", "libharfbuzz-subset0", "libharfbuzz0b", "libhogweed6"),
    *("libidn2-0", "libjpeg62-turbo", "libk5crypto3", "libkeyutils1", "libkrb5-3", "libkrb5support0", "liblcms2-2"),
    *("liblz4-1", "liblzma5", "libmd0", "libminizip1", "libmount1", "libmp3lame0", "libmpg123-0", "libnettle8"),
    *("libnspr4", "libnss3", "libogg0", "libopenh264-7", "libopenjp2-7", "libopus0", "libp11-kit0", "libpango-1.0-0"),
    *("libpcre2-8-0", "libpixman-1-0", "libpng16-16", "libpulse0", "libselinux1", "libsndfile1", "libsystemd0"),
    *("libtasn1-6", "libthai0", "libudev1", "libunistring2", "libvorbis0a", "libvorbisenc2", "libwayland-server0"),
    *("libx11-6", "libx11-xcb1", "libxau6", "libxcb-render0", "libxcb-shm0", "libxcb1", "libxcomposite1"),
    *("libxdamage1", "libxdmcp6", "libxext6", "libxfixes3", "libxi6", "libxkbcommon0", "libxml2", "libxnvctrl0"),
    *("libxrandr2", "libxrender1", "libxslt1.1", "libzstd1", "zlib1g"),
)

CHROMIUM: Final = Bundle(
    name="chromium",
    version="156.0.8078",
    debian=Debian(
        packages=("chromium", "chromium-common", "fonts-dejavu-core", *_LIBRARIES),
        suites=("bookworm",),
        programs={"chromium": "usr/bin/chromium-unpacked"},
        pages={"usr/bin/chromium-unpacked": "chromium.sh", "etc/fonts/unpacked.conf": "fonts.conf"},
    ),
)

PROGRAMS: Final = (
    Program(
        name="chromium",
        commands=("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
        accepted=Accepted(minimum="120.0.0"),
        bundles=(CHROMIUM,),
        used_by=("tests",),
        homebrew="--cask chromium",
        apt="chromium",
    ),
)
