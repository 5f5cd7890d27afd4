select
    build.quarter,
    build.reads
from {{ source('extract', 'build') }} as build
